"""What a title is called in other registries, the collections it is in, and what it was imported from."""

import json
from collections.abc import Sequence

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.admin.choosing import PartForm, PartFormSet
from catalog.admin.rows import PartOfTitle
from catalog.models import CollectionItem, Content, ExternalId, ExternalIdClaim, Source
from catalog.selectors import any_titles_by_id
from streaming.api.admin import NeverWritten


class ExternalIdForm(PartForm):
    class Meta:
        model = ExternalId
        fields = ["scheme", "value"]
        widgets = {"scheme": forms.TextInput(attrs={"class": "vTextField short", "list": "schemes"})}


class ExternalIdFormSet(PartFormSet):
    """An id is of one title."""

    def clean(self) -> None:
        super().clean()
        forms_by_id = {str(form.instance): form for form in self.kept}
        claims = _claims_of_others(
            self.instance, [form.instance for form in forms_by_id.values() if form.has_changed()]
        )
        titles = any_titles_by_id([claim.content_id for claim in claims]) if claims else {}
        for claim in claims:
            owner = titles.get(claim.content_id, str(claim.content_id))
            forms_by_id[claim.id].add_error("value", f"This is the id of “{owner}”.")


def _claims_of_others(content: Content, ids: Sequence[ExternalId]) -> list[ExternalIdClaim]:
    if not ids:
        return []
    claims = ExternalIdClaim.objects.filter(id__in=list(map(str, ids))).exclude(content_id=content.pk)
    # By value as well: on Citus it says on which shards they lie.
    return list(claims.filter(value__in=[each.value for each in ids]))


class ExternalIdInline(PartOfTitle):
    model = ExternalId
    form = ExternalIdForm
    formset = ExternalIdFormSet
    verbose_name_plural = "external ids"


class CollectionItemInline(PartOfTitle):
    model = CollectionItem
    fields = ("collection", "position")
    searched = ("collection",)
    verbose_name = "collection"
    verbose_name_plural = "collections it is picked for"


class SourceInline(NeverWritten, admin.StackedInline):
    """What an import read, word for word. Nobody edits it."""

    model = Source
    verbose_name_plural = "imported from"
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
