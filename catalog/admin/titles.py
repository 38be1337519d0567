"""The pages of titles.

Every write goes through `catalog.services`, so that a saved title is at once what the API serves. A title has several
pages (`catalog.admin.sections`), all of this one class.
"""

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from catalog import services
from catalog.admin.choosing import PartFormSet
from catalog.admin.codes import CountryField, field_for, suggestions
from catalog.admin.credits import DEPARTMENTS
from catalog.admin.enumerations import EnumerationField
from catalog.admin.episodes import seasons_brought
from catalog.admin.finding import titles_found
from catalog.admin.runs import SHOWN, heads_of, run_of
from catalog.admin.sections import BY_SLUG, FIRST, SECTIONS, WHEN_ADDED, Section, section_of
from catalog.admin.seeing import panel
from catalog.admin.shared import FindingAdmin, RefusalsTold, keys_of
from catalog.admin.title_form import ContentForm
from catalog.admin.title_list import ReleasedFilter
from catalog.admin.title_merging import TitleMergingAdmin
from catalog.models import Content
from catalog.registries import SCHEMES
from catalog.terms import TERMS
from catalog.visibility import Audience, is_public
from streaming.api.admin import minute
from streaming.stores.units import counted

EXPLAINED = (FIRST, BY_SLUG["rights"])


@admin.register(Content)
class ContentAdmin(TitleMergingAdmin, FindingAdmin, RefusalsTold):
    form = ContentForm
    change_form_template = "catalog/admin/title.html"
    list_display = ("title", "kind", "status", "public_now", "year", "published", "updated")
    list_filter = ("status", "content_type", ReleasedFilter, "genres")
    search_fields = ("title",)
    found = staticmethod(titles_found)
    search_help_text = (
        "As the public search finds: by title in any language, by people, by text; typos are forgiven."
    )
    actions = ("publish", "archive", "merge")
    autocomplete_fields = tuple(TERMS)
    readonly_fields = ("content_id", "created_at", "updated_at", "for_the_public")
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    view_on_site = False  # Django's needs its sites framework; `for_the_public` links to the page
    save_on_top = True
    fieldsets = (
        (None, {"fields": ("title", "original_title", "sort_title", "content_type", "tagline", "summary")}),
        ("Found by", {"fields": tuple(TERMS)}),
        (
            "Release",
            {
                "fields": (
                    ("release_date", "duration_minutes"),
                    ("rating", "rating_count"),
                    ("original_language", "countries"),
                )
            },
        ),
        ("Publication", {"fields": ("status", "published_at", "for_the_public")}),
        ("Pictures and trailer", {"fields": ("thumbnail_url", "trailer_url")}),
        ("Record", {"fields": ("content_id", "created_at", "updated_at"), "classes": ("collapse",)}),
    )

    class Media:
        css = {"all": ("catalog/admin.css",)}
        js = ("catalog/admin.js",)

    def get_urls(self) -> Any:
        """A page for each section and run of its rows, before Django's own catch-all."""
        pages = [
            path(
                f"<uuid:object_id>/{section.slug}/{run}",
                self.admin_site.admin_view(self.section_view),
                {"section": section.slug},
                name=f"catalog_content_{section.slug}",
            )
            for section in SECTIONS
            for run in ("", "<int:run>/")
        ]
        return [*pages, *super().get_urls()]

    def section_view(self, request: HttpRequest, object_id: Any, section: str, run: int = 1) -> HttpResponse:
        return self.changeform_view(request, str(object_id))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        title = context["original"]
        shown = section_of(request)
        context |= {"suggestions": suggestions(), "departments": DEPARTMENTS, "schemes": sorted(SCHEMES)}
        if title is not None:
            pages = (
                (section.name, _address(title, section), section is shown) for section in (FIRST, *SECTIONS)
            )
            context["pages"] = list(pages)
            context["runs_shown"] = SHOWN
            context["runs"] = _runs(title, shown, context["inline_admin_formsets"], run_of(request))
            context["seen"] = panel(request, title.content_id) if shown in EXPLAINED else None
        return super().render_change_form(request, context, *args, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Content | None = None) -> Any:
        """On the first page; everywhere with the hidden version, where there is something to overwrite."""
        fieldsets = super().get_fieldsets(request, obj) if section_of(request) is FIRST else []
        if obj is None or not self.has_change_permission(request, obj):
            return fieldsets
        return [*fieldsets, (None, {"fields": ("version",), "classes": ("hidden",)})]

    def get_inlines(self, request: HttpRequest, obj: Content | None = None) -> Any:
        return WHEN_ADDED if obj is None else section_of(request).inlines

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        if isinstance(db_field, ArrayField):
            return db_field.formfield(form_class=EnumerationField, base_field=CountryField())
        code = field_for(db_field.validators)
        if code is not None:
            return db_field.formfield(form_class=code)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_choice_field(
        self, db_field: models.Field, request: HttpRequest, **kwargs: Any
    ) -> forms.TypedChoiceField | None:
        """A title becomes merged by a merge only."""
        if db_field.name == "status":
            kwargs["choices"] = [pair for pair in Content.Status.choices if pair[0] != Content.Status.MERGED]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    @admin.display(description="type", ordering="content_type")
    def kind(self, content: Content) -> str:
        return content.get_content_type_display()

    @admin.display(description="public", boolean=True)
    def public_now(self, content: Content) -> bool:
        """For somebody, somewhere, without a maturity limit; each title's page says for whom, and why."""
        return is_public(vars(content), Audience.now())

    @admin.display(description="year", ordering="release_date")
    def year(self, content: Content) -> int | None:
        return content.release_date.year if content.release_date else None

    @admin.display(description="published", ordering="published_at")
    def published(self, content: Content) -> str | None:
        return content.published_at.date().isoformat() if content.published_at else None

    @admin.display(description="updated", ordering="updated_at")
    def updated(self, content: Content) -> str | None:
        return minute(content.updated_at)

    @admin.display(description="For the public")
    def for_the_public(self, content: Content) -> SafeString | str:
        if content._state.adding:
            return "After the first save."
        if not self.public_now(content):
            return "Not public now: Visibility says why."
        api = f"/api/v1/content/{content.content_id}"
        links = (
            (reverse("title", args=[content.content_id]), "its page"),
            (api, "title in the API"),
            (f"{api}/details", "details in the API"),
        )
        return format_html_join(" · ", '<a href="{}" target="_blank">{}</a>', links)

    def save_model(self, request: HttpRequest, obj: Content, form: forms.ModelForm, change: bool) -> None:
        """Gives a new title its id, by which the rows of the forms are its own; `save_related` saves it with them."""
        obj.content_id = obj.content_id or uuid4()

    def save_related(
        self,
        request: HttpRequest,
        form: forms.ModelForm,
        formsets: list[BaseInlineFormSet],
        change: bool,
    ) -> None:
        """The title and all tables of the page in one go: what follows from a change of the title follows once."""
        content = form.instance
        links = {name: form.cleaned_data[name] for name in TERMS if name in form.changed_data}
        saved = [row for formset in formsets for row in formset.save(commit=False)]
        deleted = [row for formset in formsets for row in formset.deleted_objects]
        brought = seasons_brought(content, formsets)  # nobody adds one meanwhile: the form holds the title
        if form.has_changed():
            services.content_save(content=content, links=links, saved=saved, deleted=deleted)
        elif saved or deleted:
            services.children_save(content=content, saved=saved, deleted=deleted)
        if brought:
            self.message_user(request, _of_seasons(brought), messages.WARNING)

    def delete_model(self, request: HttpRequest, obj: Content) -> None:
        services.content_delete(content=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Content]) -> None:
        services.contents_delete(content_ids=keys_of(queryset))

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Titles only: their rows go with them, and a list of those would be as long as the title is old."""
        listed = [f"{title}, with its credits, seasons, sources and daily views" for title in objs]
        return listed, {"titles": len(listed)}, set(), []

    @admin.action(description="Publish selected titles", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Content]) -> None:
        ids = keys_of(queryset)
        changed = services.contents_set_status(content_ids=ids, status=Content.Status.PUBLISHED)
        self.message_user(request, _outcome(changed, len(ids), "published"), messages.SUCCESS)

    @admin.action(description="Archive selected titles", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Content]) -> None:
        ids = keys_of(queryset)
        changed = services.contents_set_status(content_ids=ids, status=Content.Status.ARCHIVED)
        self.message_user(request, _outcome(changed, len(ids), "archived"), messages.SUCCESS)


def _address(title: Content, section: Section, run: int = 1) -> str:
    name = f"admin:catalog_content_{section.slug or 'change'}"
    return reverse(name, args=[title.content_id] if run == 1 else [title.content_id, run])


def _runs(title: Content, section: Section, shown: Any, here: int) -> list[tuple[str, str, bool]]:
    """The pages of a section whose tables are cut: what each begins with, its address, whether it is this one."""
    tables = (each.formset for each in shown if isinstance(each.formset, PartFormSet))
    return [
        (head, _address(title, section, run), run == here) for run, head in enumerate(heads_of(tables), 1)
    ]


def _of_seasons(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"There was no season {numbers[0]}: it was added for its episodes."
    named = f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
    return f"There were no seasons {named}: they were added for their episodes."


def _outcome(changed: int, chosen: int, done: str) -> str:
    before = f" {chosen - changed:,} had been {done} before." if changed < chosen else ""
    return f"{changed:,} of {counted(chosen, 'title')} {done}.{before}"
