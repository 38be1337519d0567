"""The tables on a title's pages: what they have in common.

Whoever may change a title may change its rows: those have no permissions of their own here.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.http import HttpRequest

from catalog.admin.choosing import KnownChoiceField, KnownSelect, PartForm, PartFormSet
from catalog.admin.codes import field_for
from catalog.admin.drawing import DrawnOnce, QuickRenderer
from catalog.admin.enumerations import EnumerationField
from catalog.admin.runs import SHOWN, run_of

MOST_ROWS = 2 * SHOWN  # of a table in one form: as many may be added in one go as are shown


class PartOfTitle(admin.TabularInline):
    """`searched` names the fields that are chosen from tables of any size. Beyond `shown` rows a page has one run."""

    form = PartForm
    formset = PartFormSet
    extra = 0
    shown = SHOWN
    max_num = MOST_ROWS
    searched: tuple[str, ...] = ()
    formfield_overrides = {
        # One plain input each: a calendar and a clock per row are slow, and wide.
        models.DateField: {"widget": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})},
        models.DateTimeField: {
            "form_class": forms.DateTimeField,
            "widget": forms.DateTimeInput(
                format="%Y-%m-%dT%H:%M:%S", attrs={"type": "datetime-local", "step": 1}
            ),
        },
        models.URLField: {
            "widget": forms.URLInput(attrs={"class": "vURLField address"}),
            "assume_scheme": "https",
        },
        models.TextField: {"widget": forms.Textarea(attrs={"rows": 1, "cols": 30, "class": "growing"})},
    }

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows.select_related(*self.searched) if self.searched else rows

    def get_formset(self, request: HttpRequest, obj: models.Model | None = None, **kwargs: Any) -> Any:
        formset: Any = super().get_formset(request, obj, renderer=QuickRenderer(), **kwargs)
        formset.shown, formset.run = self.shown, run_of(request)
        return formset

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField | None:
        if db_field.name in self.searched:
            kwargs["widget"] = KnownSelect(db_field, self.admin_site)
            kwargs["form_class"] = KnownChoiceField
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        code = field_for(db_field.validators)
        if code is not None:
            return db_field.formfield(form_class=code)
        if isinstance(db_field, ArrayField):
            return db_field.formfield(form_class=EnumerationField)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = DrawnOnce(field.widget)  # with change and add, and no third and fourth icon
        return field

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return request.user.has_perm("catalog.add_content" if obj is None else "catalog.change_content")

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return request.user.has_perm("catalog.change_content")

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return request.user.has_perm("catalog.change_content")

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return request.user.has_perm("catalog.view_content") or self.has_change_permission(request, obj)
