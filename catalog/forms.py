"""Forms of the editors' pages.

`ContentForm` refuses to save over what somebody else saved meanwhile. `CreditFormSet` looks all its people up
at once: Django's own choice fields ask the database once per row, to show it, to check it and to save it.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.models import BaseInlineFormSet
from django.utils.functional import cached_property

from catalog.models import Content, Credit, Person
from catalog.services import content_lock, published_from

Known = dict[UUID, models.Model]


class ContentForm(forms.ModelForm):
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Content
        fields: tuple[str, ...] = ()  # the admin's fieldsets choose
        widgets = {
            "title": forms.TextInput(attrs={"class": "vTextField wide"}),
            "original_title": forms.TextInput(attrs={"class": "vTextField wide"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "version" in self.fields and not self.instance._state.adding:
            self.fields["version"].initial = self.instance.updated_at.isoformat()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "published_at" in cleaned:  # the table's check is tried before the service could date it
            cleaned["published_at"] = published_from(cleaned.get("status", ""), cleaned["published_at"])
        if not self.instance._state.adding:
            self._refuse_if_outdated(cleaned.get("version"))
        return cleaned

    def _refuse_if_outdated(self, version: str | None) -> None:
        saved_at = content_lock(content_id=self.instance.content_id)
        if saved_at is not None and saved_at.isoformat() != version:
            raise ValidationError(
                f"This title was saved by somebody else at {saved_at:%H:%M:%S} UTC, after you opened it. "
                "Nothing of yours is saved. Open the title in another tab, and enter your changes there.",
                code="outdated",
            )


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
    """An autocomplete that finds the label of the chosen row in its field's `known`."""

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


class CreditForm(forms.ModelForm):
    class Meta:
        model = Credit
        fields = ["person", "job", "character_name", "billing_order"]
        widgets = {
            "job": forms.TextInput(attrs={"class": "vTextField job"}),
            "character_name": forms.TextInput(attrs={"class": "vTextField character"}),
            "billing_order": forms.NumberInput(attrs={"class": "vIntegerField", "placeholder": "next"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "billing_order" in self.fields:
            self.fields["billing_order"].required = False
            self.fields["billing_order"].initial = None

    def _get_validation_exclusions(self) -> set[str]:
        """Without the person: its field has just looked it up, the model would do so again."""
        return {*super()._get_validation_exclusions(), "person"}  # type: ignore[misc]


class CreditFormSet(BaseInlineFormSet):
    """Credits of one title. Those without a billing order come after the others, in the order of the form."""

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        hidden = form.fields["id"]
        known = KnownChoiceField(
            queryset=self.get_queryset(), initial=hidden.initial, required=False, widget=hidden.widget
        )
        known.known = self._known_credits
        form.fields["id"] = known
        person = form.fields.get("person")
        if isinstance(person, KnownChoiceField):
            person.known = self._known_people

    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if form.has_changed() or not form.instance._state.adding]
        kept = [form for form in kept if form.is_valid() and form not in self.deleted_forms]
        last = max((form.instance.billing_order or 0 for form in kept), default=0)
        for form in kept:
            if form.instance.billing_order is None:
                last += 1
                form.instance.billing_order = last

    @cached_property
    def _known_credits(self) -> Known:
        return {credit.pk: credit for credit in self.get_queryset()}

    @cached_property
    def _known_people(self) -> Known:
        if not self.is_bound:
            return {credit.person_id: credit.person for credit in self.get_queryset()}
        names = (f"{self.add_prefix(index)}-person" for index in range(self.total_form_count()))
        return dict(Person.objects.in_bulk(list(filter(None, map(_uuid, map(self.data.get, names))))))


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
