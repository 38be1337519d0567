"""The editors' pages of titles, people and genres.

Every write goes through `catalog.services`, so that a saved title is at once what the API serves.
"""

from contextlib import nullcontext
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog import services
from catalog.forms import ContentForm
from catalog.inlines import CreditInline, SeasonInline, SourceInline
from catalog.models import Content, Credit, Genre, Person, Source
from catalog.selectors import credits_of_people
from streaming.api.admin import StoreAdmin, minute
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.writing import mixed_transaction

MOST_CREDITS_SHOWN = 200
FIRST_DECADE = 1950
LINKS = ("genres", "keywords", "studios")


class ReleasedFilter(admin.SimpleListFilter):
    """By decade, which needs no look at the rows: years and a date hierarchy would read them all for each page."""

    title = "release date"
    parameter_name = "released"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        latest = timezone.now().year // 10 * 10
        decades = [(str(first), f"{first}s") for first in range(latest, FIRST_DECADE - 1, -10)]
        return [*decades, ("before", f"before {FIRST_DECADE}"), ("unknown", "not known")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Content]) -> QuerySet[Content]:
        chosen = self.value()
        if chosen is None or chosen not in dict(self.lookup_choices):
            return queryset
        if chosen == "unknown":
            return queryset.filter(release_date=None)
        if chosen == "before":
            return queryset.filter(release_date__year__lt=FIRST_DECADE)
        return queryset.filter(release_date__year__range=(int(chosen), int(chosen) + 9))


@admin.register(Content)
class ContentAdmin(StoreAdmin):
    form = ContentForm
    inlines = (CreditInline, SeasonInline, SourceInline)
    list_display = (
        "title",
        "kind",
        "status",
        "year",
        "rating",
        "published",
        "updated",
    )
    list_filter = ("status", "content_type", ReleasedFilter, "genres")
    search_fields = ("title", "original_title")
    search_help_text = "Part of the title or of the original title."
    actions = ("publish", "archive")
    filter_horizontal = ("genres",)
    readonly_fields = ("content_id", "created_at", "updated_at", "in_the_api")
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    view_on_site = False  # the API is not a site; `in_the_api` links to it
    save_on_top = True
    fieldsets = (
        (None, {"fields": ("title", "original_title", "content_type", "genres", "summary")}),
        ("Release", {"fields": ("release_date", "duration_minutes", "rating")}),
        ("Publication", {"fields": ("status", "published_at", "in_the_api")}),
        ("Pictures and trailer", {"fields": ("thumbnail_url", "trailer_url")}),
        ("Record", {"fields": ("content_id", "created_at", "updated_at"), "classes": ("collapse",)}),
    )

    class Media:
        css = {"all": ("catalog/admin.css",)}

    def get_fieldsets(self, request: HttpRequest, obj: Content | None = None) -> Any:
        """With the hidden version, where there is something to overwrite."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not self.has_change_permission(request, obj):
            return fieldsets
        return [*fieldsets, (None, {"fields": ("version",), "classes": ("hidden",)})]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Content | None:
        """With the keys of its sources: whether there are any is asked several times while a page is made."""
        content = super().get_object(request, object_id, from_field)
        if content is not None:
            prefetch_related_objects([content], Prefetch("sources", Source.objects.only("id", "content_id")))
        return content

    def get_inlines(self, request: HttpRequest, obj: Content | None = None) -> Any:
        """Without the import's record, where there is none."""
        imported = obj is not None and len(obj.sources.all()) > 0
        return self.inlines if imported else [inline for inline in self.inlines if inline is not SourceInline]

    @admin.display(description="type", ordering="content_type")
    def kind(self, content: Content) -> str:
        return content.get_content_type_display()

    @admin.display(description="year", ordering="release_date")
    def year(self, content: Content) -> int | None:
        return content.release_date.year if content.release_date else None

    @admin.display(description="published", ordering="published_at")
    def published(self, content: Content) -> str | None:
        return content.published_at.date().isoformat() if content.published_at else None

    @admin.display(description="updated", ordering="updated_at")
    def updated(self, content: Content) -> str | None:
        return minute(content.updated_at)

    @admin.display(description="View in the API")
    def in_the_api(self, content: Content) -> SafeString | str:
        if content._state.adding:
            return "After the first save."
        if content.status != Content.Status.PUBLISHED:
            return "Only published titles are there."
        if content.published_at is None or content.published_at > timezone.now():
            return "From the publication date on."
        address = f"/api/v1/content/{content.content_id}"
        links = ((f"{address}{part}", label) for part, label in (("", "title"), ("/details", "details")))
        return format_html_join(" · ", '<a href="{}" target="_blank">{}</a>', links)

    def save_model(self, request: HttpRequest, obj: Content, form: forms.ModelForm, change: bool) -> None:
        if form.has_changed():
            services.content_save(content=obj)

    def save_related(
        self,
        request: HttpRequest,
        form: forms.ModelForm,
        formsets: list[BaseInlineFormSet],
        change: bool,
    ) -> None:
        links = {name: form.cleaned_data[name] for name in LINKS if name in form.changed_data}
        if links:
            services.content_set_links(content=form.instance, **links)
        for formset in formsets:
            self.save_formset(request, form, formset, change)

    def save_formset(
        self, request: HttpRequest, form: forms.ModelForm, formset: BaseInlineFormSet, change: bool
    ) -> None:
        saved = formset.save(commit=False)
        if saved or formset.deleted_objects:
            services.children_save(content=form.instance, saved=saved, deleted=formset.deleted_objects)

    def delete_model(self, request: HttpRequest, obj: Content) -> None:
        services.content_delete(content=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Content]) -> None:
        services.contents_delete(content_ids=_keys(queryset))

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Titles only: their rows go with them, and a list of those would be as long as the title is old."""
        listed = [f"{title}, with its credits, seasons, sources and daily views" for title in objs]
        return listed, {"titles": len(listed)}, set(), []

    @admin.action(description="Publish selected titles", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Content]) -> None:
        ids = _keys(queryset)
        changed = services.contents_set_status(content_ids=ids, status=Content.Status.PUBLISHED)
        self.message_user(request, _outcome(changed, len(ids), "published"), messages.SUCCESS)

    @admin.action(description="Archive selected titles", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Content]) -> None:
        ids = _keys(queryset)
        changed = services.contents_set_status(content_ids=ids, status=Content.Status.ARCHIVED)
        self.message_user(request, _outcome(changed, len(ids), "archived"), messages.SUCCESS)


def _keys(chosen: QuerySet[Any]) -> list[Any]:
    return list(chosen.order_by().values_list("pk", flat=True))


def _outcome(changed: int, chosen: int, done: str) -> str:
    before = f" {chosen - changed} had been {done} before." if changed < chosen else ""
    return f"{changed} of {chosen} titles {done}.{before}"


class SharedAdmin(StoreAdmin):
    """For the rows that titles share: a subclass names the services that save and delete them.

    Django's views open a transaction and read in it before a service is called. On Citus the service's
    `mixed_transaction` would come too late in there, so theirs is one from the start.
    """

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with mixed_transaction(CATALOG) if request.method == "POST" else nullcontext():
            return super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with mixed_transaction(CATALOG) if request.method == "POST" else nullcontext():
            return super().delete_view(request, *args, **kwargs)

    def save_row(self, row: Any) -> None:
        raise NotImplementedError

    def delete_rows(self, keys: list[Any]) -> None:
        """All or none."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> None:
        if form.has_changed():
            self.save_row(obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_rows([obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.delete_rows(_keys(queryset))


@admin.register(Person)
class PersonAdmin(SharedAdmin):
    class Media:
        css = {"all": ("catalog/admin.css",)}

    list_display = ("name", "role", "date_of_birth")
    search_fields = ("name",)
    search_help_text = "Part of the name."
    readonly_fields = ("credits",)
    fields = ("name", "role", "date_of_birth", "biography", "credits")

    @admin.display(description="credits")
    def credits(self, person: Person) -> SafeString | str:
        count = 0 if person._state.adding else Credit.objects.filter(person=person).count()
        if not count:
            return self.get_empty_value_display()
        shown = credits_of_people(person_ids=[person.person_id], limit=MOST_CREDITS_SHOWN)
        more = f" The {len(shown)} newest:" if len(shown) < count else ""
        return format_html(
            "{} {}.{}<ul>{}</ul>", count, "credit" if count == 1 else "credits", more, _credit_items(shown)
        )

    def save_row(self, row: Person) -> None:
        services.person_save(person=row)

    def delete_rows(self, keys: list[UUID]) -> None:
        services.people_delete(person_ids=keys)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Credits keep their people from being deleted: named by their titles, so that an editor can go there."""
        people = list(objs)
        credited = credits_of_people(
            person_ids=[person.person_id for person in people], limit=MOST_CREDITS_SHOWN
        )
        return list(map(str, people)), {"people": len(people)}, set(), [_credit_line(c) for c in credited]


def _credit_items(credits: list[Credit]) -> SafeString:
    return format_html_join("", "<li>{}</li>", ((_credit_line(credit),) for credit in credits))


def _credit_line(credit: Credit) -> SafeString:
    title = credit.content
    year = f" ({title.release_date.year})" if title.release_date else ""
    character = f" as {credit.character_name}" if credit.character_name else ""
    address = reverse("admin:catalog_content_change", args=[title.content_id])
    return format_html('<a href="{}">{}</a>{}: {}{}', address, title.title, year, credit.job, character)


@admin.register(Genre)
class GenreAdmin(SharedAdmin):
    list_display = ("name",)
    search_fields = ("name",)

    def save_row(self, row: Genre) -> None:
        services.term_save(term=row)

    def delete_rows(self, keys: list[int]) -> None:
        services.terms_delete(model=Genre, keys=keys)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Its titles are counted, not listed: there may be thousands."""
        genres = list(objs)
        titles = Content.objects.filter(genres__in=genres).count()
        return list(map(str, genres)), {"genres": len(genres), "titles that lose it": titles}, set(), []
