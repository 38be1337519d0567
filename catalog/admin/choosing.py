"""Rows of a title's tables in forms, without a query for each.

Django's own fields ask the database once per row, to show a choice, to check it and to save it, and its models once
per row and constraint. Here a formset looks up at once whatever its rows may choose (`KnownChoiceField`), and what
must be unique it decides among its rows: it has all of the title's, or asks at once for the others of a table that is
cut into runs (`catalog.admin.runs`).

Entry points: `PartForm`, `PartFormSet`, `KnownChoiceField`, `KnownSelect`. Failure: errors at the fields.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.models import BaseInlineFormSet, InlineForeignKeyField, construct_instance
from django.urls import reverse
from django.utils.functional import cached_property

from catalog.admin.runs import SHOWN
from streaming.api.admin import uuid_or_none

Known = Mapping[UUID, models.Model]


class KnownChoiceField(forms.ModelChoiceField):
    """Chooses among `known`, which its formset fills, instead of asking the database."""

    known: Known = {}

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        key = value.pk if isinstance(value, models.Model) else value
        try:
            return self.known[UUID(str(key))]
        except (KeyError, ValueError):
            raise ValidationError(
                self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value}
            ) from None


class KnownSelect(AutocompleteSelect):
    """An autocomplete that finds the label of the chosen row in its field's `known`.

    The browser makes it searchable when it is first touched (`catalog/admin.js`): five hundred at once take seconds.
    """

    def get_url(self) -> str:
        return _autocomplete_of(self.admin_site.name)

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> Any:
        attrs = super().build_attrs(base_attrs, extra_attrs)
        attrs["class"] = attrs["class"].replace("admin-autocomplete", "searched-when-touched")
        return attrs

    def optgroups(self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        field = self.choices.field
        options = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        for text in value:
            try:
                chosen = field.to_python(text)
            except ValidationError:
                continue  # the field's error says so
            if chosen is not None:
                label = field.label_from_instance(chosen)
                options.append(self.create_option(name, str(chosen.pk), label, True, len(options)))
        return [(None, options, 0)]


class PartForm(forms.ModelForm):
    """A row of a title's table."""

    def _post_clean(self) -> None:
        """Django's step without its queries: what is known needs no look, and constraints are the formset's."""
        looked_up = (KnownChoiceField, InlineForeignKeyField)
        known = {name for name, field in self.fields.items() if isinstance(field, looked_up)}
        exclude = self._get_validation_exclusions() | known  # type: ignore[attr-defined]
        try:
            self.instance = construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)
            self.instance.full_clean(exclude=exclude, validate_unique=False, validate_constraints=False)
        except ValidationError as error:
            self._update_errors(error)  # type: ignore[attr-defined]


class PartFormSet(BaseInlineFormSet):
    """The rows of one of a title's tables, or of very many those of one run, the first being 1."""

    shown, run = SHOWN, 1  # the admin's inline sets them

    def get_queryset(self) -> Any:
        """The rows of the run, as a list; one query, which tells as well whether there are more."""
        if not hasattr(self, "_queryset"):
            first = (self.run - 1) * self.shown
            found = list(super().get_queryset()[first : first + self.shown + 1])
            self._has_more = len(found) > self.shown
            self._queryset = found[: self.shown]
        return self._queryset

    def initial_form_count(self) -> int:
        """No more than there are rows: another editor may have deleted one since the page was opened, and what is
        posted of it is refused by its id."""
        return min(super().initial_form_count(), len(self.get_queryset()))

    @property
    def rows(self) -> models.QuerySet[Any]:
        """All of the title's, whether the page shows them or not."""
        return cast("models.QuerySet[Any]", self.queryset)

    @property
    def is_whole(self) -> bool:
        """Whether the page shows all of the title's rows."""
        self.get_queryset()
        return self.run == 1 and not self._has_more

    @cached_property
    def beyond(self) -> models.QuerySet[Any]:
        """The title's rows that the page does not show; where it shows all, none, and no query for them."""
        if self.is_whole:
            return self.rows.none()
        return self.rows.exclude(pk__in=[row.pk for row in self.get_queryset()])

    def heads(self) -> list[str]:
        """What the runs begin with, where that says more than their number."""
        return []

    def clean(self) -> None:
        super().clean()
        if not self.is_whole:
            for names in self._only_once():
                self._refuse_taken(names)

    def validate_unique(self) -> None:
        """Django's own would say that there are two of something; these errors name the other row."""
        for names in self._only_once():
            self._refuse_twice(names)

    def _only_once(self) -> list[list[str]]:
        """Fields whose values only one row of a title may have together."""
        return [
            [name for name in constraint.fields if name != self.fk.name]
            for constraint in self.rows.model._meta.constraints
            if isinstance(constraint, models.UniqueConstraint) and constraint.condition is None
        ]

    def _refuse_twice(self, names: Sequence[str]) -> None:
        """Of two rows of the page the latter has the error."""
        columns = self._columns(names)
        first: dict[tuple[Any, ...], forms.ModelForm] = {}
        for form in self.kept:
            other = first.setdefault(_values(form.instance, columns), form)
            if other is not form:
                form.add_error(None, f"“{other.instance}”, on this page, has {_told(form, names)}.")

    def _refuse_taken(self, names: Sequence[str]) -> None:
        """What only one row may have and a row beyond the page has. One query."""
        columns = self._columns(names)
        ours = {_values(form.instance, columns): form for form in self.kept if form.has_changed()}
        wanted = {f"{column}__in": set(values) for column, *values in zip(columns, *ours, strict=True)}
        for row in self.beyond.filter(**wanted) if ours else ():
            if form := ours.get(_values(row, columns)):
                form.add_error(None, f"“{row}”, on another page, has {_told(form, names)}.")

    def _columns(self, names: Sequence[str]) -> list[str]:
        return [self.rows.model._meta.get_field(name).attname for name in names]

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        hidden = form.fields["id"]
        known = KnownChoiceField(
            queryset=self.rows.none(), initial=hidden.initial, required=False, widget=hidden.widget
        )
        known.known = self._known_rows
        form.fields["id"] = known
        for name, field in form.fields.items():
            if isinstance(field, KnownChoiceField) and name != "id":
                field.known = self.known_choices(name)

    @property
    def kept(self) -> list[forms.ModelForm]:
        """The forms of rows that will be there, those without an error."""
        filled = [form for form in self.forms if form.has_changed() or not form.instance._state.adding]
        return [form for form in filled if form.is_valid() and not self._is_deleted(form)]

    def _is_deleted(self, form: forms.ModelForm) -> bool:
        """Whether it is ticked so, also while another row has an error: `deleted_forms` is empty then."""
        return bool(self.can_delete and form.cleaned_data.get("DELETE"))

    @cached_property
    def _known_rows(self) -> Known:
        return {row.pk: row for row in self.get_queryset()}

    def known_choices(self, field_name: str) -> Known:
        """What the rows have chosen, or what is posted for them, in one query for all rows."""
        if field_name not in self._choices:
            self._choices[field_name] = self._look_up(field_name)
        return self._choices[field_name]

    @cached_property
    def _choices(self) -> dict[str, Known]:
        return {}

    def _look_up(self, field_name: str) -> Known:
        if not self.is_bound:
            chosen = (getattr(row, field_name) for row in self.get_queryset())
            return {row.pk: row for row in chosen if row is not None}
        names = (f"{self.add_prefix(index)}-{field_name}" for index in range(self.total_form_count()))
        posted = filter(None, (uuid_or_none(self.data.get(name, "")) for name in names))
        return dict(_related(self.model, field_name).in_bulk(list(posted)))


def _told(form: forms.ModelForm, names: Sequence[str]) -> str:
    """As in `season 1 and number 2`: the fields as the page calls them, and what the row has there."""
    return " and ".join(
        f"{(form.fields[name].label or name).lower()} {_shown(form.instance, name)}" for name in names
    )


def _shown(row: Any, name: str) -> Any:
    chosen = getattr(row, f"get_{name}_display", None)
    return chosen() if chosen else getattr(row, name)


def _values(row: Any, columns: Sequence[str]) -> tuple[Any, ...]:
    return tuple(getattr(row, column) for column in columns)


def _related(model: Any, field_name: str) -> models.QuerySet[Any]:
    return model._meta.get_field(field_name).related_model._default_manager.all()


@cache
def _autocomplete_of(site: str) -> str:
    return reverse(f"{site}:autocomplete")
