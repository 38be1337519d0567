"""The tables on a title's page: its credits, its seasons and what it was imported from.

Whoever may change a title may change its credits and seasons: those have no permissions of their own here.
"""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.forms import CreditForm, CreditFormSet, KnownChoiceField, KnownSelect
from catalog.models import Credit, Season, Source
from streaming.api.admin import NeverWritten


class PartOfTitle(admin.TabularInline):
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return request.user.has_perm("catalog.add_content" if obj is None else "catalog.change_content")

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return request.user.has_perm("catalog.change_content")

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return request.user.has_perm("catalog.change_content")

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return request.user.has_perm("catalog.view_content") or self.has_change_permission(request, obj)


class CreditInline(PartOfTitle):
    model = Credit
    form = CreditForm
    formset = CreditFormSet

    def get_queryset(self, request: HttpRequest) -> QuerySet[Credit]:
        return super().get_queryset(request).select_related("person")

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField | None:
        if db_field.name == "person":
            kwargs["widget"] = KnownSelect(db_field, self.admin_site)
            kwargs["form_class"] = KnownChoiceField
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        """Beside a person: change and add, and no third and fourth icon."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget.can_delete_related = field.widget.can_view_related = False
        return field


class SeasonInline(PartOfTitle):
    model = Season
    fields = ("number",)


class SourceInline(NeverWritten, admin.StackedInline):
    """What an import read, word for word. Nobody edits it."""

    model = Source
    verbose_name_plural = "imported from"
    classes = ("collapse",)
    extra = 0
    fields = readonly_fields = ("scheme", "value", "imported_at", "as_read")

    @admin.display(description="record")
    def as_read(self, source: Source) -> SafeString:
        return format_html(
            '<pre class="record">{}</pre>', json.dumps(source.record, ensure_ascii=False, indent=2)
        )

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return request.user.has_perm("catalog.view_content") or request.user.has_perm(
            "catalog.change_content"
        )
