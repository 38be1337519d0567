"""The pages of collections: titles picked by hand, in an order, or a rule and what it finds."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.admin.choosing import PartForm, PartFormSet
from catalog.admin.rows import PartOfTitle
from catalog.admin.shared import SharedAdmin
from catalog.listing.collections import collection_titles
from catalog.models import Collection, CollectionItem
from catalog.services.collections import (
    MOST_ITEMS,
    collection_save,
    collection_set_items,
    collections_delete,
    rule_check,
)
from catalog.visibility import Audience

SHOWN_OF_RULE = 10


class CollectionForm(forms.ModelForm):
    class Meta:
        model = Collection
        fields = ["name", "summary", "is_published", "rule"]
        widgets = {"rule": forms.TextInput(attrs={"class": "vTextField wide"})}
        help_texts = {
            "rule": "Empty for titles picked by hand; else a question to GET /content, as in "
            "genre=Drama&year=1990..1999&sort=-rating"
        }

    def clean_rule(self) -> str:
        rule: str = self.cleaned_data["rule"].strip()
        rule_check(rule)
        return rule


class ItemForm(PartForm):
    class Meta:
        model = CollectionItem
        fields = ["content", "position"]
        labels = {"content": "Title", "position": "Place"}
        widgets = {"position": forms.NumberInput(attrs={"class": "vIntegerField", "placeholder": "last"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "position" in self.fields:
            self.fields["position"].required = False
            self.fields["position"].initial = None


class ItemFormSet(PartFormSet):
    def clean(self) -> None:
        super().clean()
        if self.instance.rule and (self.initial_forms or self.kept):
            raise ValidationError(
                "A rule says what is in this collection. To pick titles by hand, empty it; to have it, take these "
                "titles out first, and save."
            )

    def in_order(self) -> list[Any]:
        """Titles by place; those without one last, in the order of the form."""
        places = [(form.cleaned_data["position"], form.cleaned_data["content"]) for form in self.kept]
        placed = sorted((place for place in places if place[0] is not None), key=lambda place: place[0])
        return [title for _, title in (*placed, *(place for place in places if place[0] is None))]


class ItemInline(PartOfTitle):
    """Whoever may change a collection may change what is in it."""

    model = CollectionItem
    form = ItemForm
    formset = ItemFormSet
    searched = ("content",)
    shown = max_num = MOST_ITEMS
    verbose_name = "title"
    verbose_name_plural = "titles picked by hand"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        right = "catalog.add_collection" if obj is None else "catalog.change_collection"
        return request.user.has_perm(right)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("catalog.change_collection")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("catalog.view_collection") or self.has_change_permission(request, obj)


@admin.register(Collection)
class CollectionAdmin(SharedAdmin):
    form = CollectionForm
    inlines = (ItemInline,)
    list_display = ("name", "by_rule", "is_published")
    list_filter = ("is_published",)
    search_fields = ("name",)
    search_help_text = "Part of the name."
    fields = ("name", "summary", "is_published", "rule", "found_now")
    readonly_fields = ("found_now",)

    class Media:
        js = ("catalog/admin.js",)

    @admin.display(description="rule", ordering="rule")
    def by_rule(self, collection: Collection) -> str:
        return collection.rule or "picked by hand"

    @admin.display(description="The public sees now")
    def found_now(self, collection: Collection) -> SafeString | str:
        """The first titles, in order; as saved, not as typed."""
        if collection._state.adding:
            return "After the first save."
        page = collection_titles(collection=collection, audience=Audience.now(), limit=SHOWN_OF_RULE)
        if not page.results:
            return "No titles."
        titles = format_html_join(
            "",
            '<li><a href="{}">{}</a></li>',
            (
                (reverse("admin:catalog_content_change", args=[card["content_id"]]), card["title"])
                for card in page.results
            ),
        )
        return format_html("<ol>{}</ol>{}", titles, "… and more." if page.last else "")

    def save_model(self, request: HttpRequest, obj: Collection, form: forms.ModelForm, change: bool) -> None:
        """`save_related` saves it, with its titles: they are held before it (`catalog.locking`)."""

    def save_related(
        self,
        request: HttpRequest,
        form: forms.ModelForm,
        formsets: list[BaseInlineFormSet],
        change: bool,
    ) -> None:
        picked = None
        for formset in formsets:
            formset.save(commit=False)  # for what the history says; the service writes
            if isinstance(formset, ItemFormSet) and formset.has_changed():
                picked = [title.content_id for title in formset.in_order()]
        if form.has_changed():
            collection_save(collection=form.instance, content_ids=picked)
        elif picked is not None:
            collection_set_items(collection_id=form.instance.collection_id, content_ids=picked)

    def delete_rows(self, keys: list[Any]) -> None:
        collections_delete(collection_ids=keys)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Its titles stay."""
        collections = list(objs)
        return list(map(str, collections)), {"collections": len(collections)}, set(), []
