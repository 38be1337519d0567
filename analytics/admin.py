"""Accounts, which staff manage, and plays, which nobody edits.

Accounts are closed by taking `is_active` away, not deleted: plays and reviews keep their author. Only a superuser
gives rights or touches another superuser, else the right to change users would be the right to everything.
"""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from analytics.forms import AccountAddForm, AccountForm
from analytics.models import User, WatchHistory
from analytics.selectors import user_exists, user_id_of
from analytics.services import account_save
from catalog.selectors import any_titles_by_id
from streaming.api.admin import ReadOnlyAdmin, StoreAdmin, StoreList, minute, uuid_or_none

# Their pages show whole tokens, with which one could act as their owners.
admin.site.unregister([BlacklistedToken, OutstandingToken])

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


@admin.register(User)
class AccountAdmin(StoreAdmin, UserAdmin):
    form = AccountForm
    add_form = AccountAddForm
    list_display = ("username", "email", "is_active", "is_staff", "registered")
    list_filter = ("is_staff", "is_superuser", "is_active", "groups")
    search_fields = ("username", "email")
    search_help_text = "Part of the name or of the e-mail address."
    ordering = ("username",)
    readonly_fields = ("user_id", "registration_date", "last_login", "plays")
    fieldsets = (
        (None, {"fields": ("username", "email", "password", "is_active")}),
        ("Rights", {"fields": RIGHTS}),
        ("Record", {"fields": ("user_id", "registration_date", "last_login", "plays")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("username", "email", "usable_password", "password1", "password2"),
            },
        ),
    )

    @admin.display(description="registered", ordering="registration_date")
    def registered(self, user: User) -> str | None:
        return minute(user.registration_date)

    @admin.display(description="plays")
    def plays(self, user: User) -> SafeString:
        address = reverse("admin:analytics_watchhistory_changelist", query={"q": user.user_id})
        return format_html('<a href="{}">Watch history</a>', address)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        readonly = super().get_readonly_fields(request, obj)
        return readonly if request.user.is_superuser else (*readonly, *RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        account_save(user=obj)


class PlaysList(StoreList):
    """A page of plays with the titles' names, which live in another database: one query for the page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = attach_titles(self.result_list)


def attach_titles(plays: list[WatchHistory]) -> list[WatchHistory]:
    """The plays, each with its `title` as text, or None when the title is gone."""
    titles = any_titles_by_id({play.content_id for play in plays})
    for play in plays:
        play.title = titles.get(play.content_id)  # type: ignore[attr-defined]
    return plays


@admin.register(WatchHistory)
class WatchHistoryAdmin(ReadOnlyAdmin):
    list_display = ("at", "viewer", "title_watched", "watched", "position")
    list_select_related = ("user",)
    list_filter = ("watched_at",)
    sortable_by = ("at",)  # what the index gives
    search_fields = ("user__username",)
    search_help_text = "A whole username, a viewer's id or a title's id."
    fields = ("history_id", "watched_at", "viewer", "title_watched", "watched", "position", "event_id")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PlaysList

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> WatchHistory | None:
        play = super().get_object(request, object_id, from_field)
        return None if play is None else attach_titles([play])[0]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WatchHistory], search_term: str
    ) -> tuple[QuerySet[WatchHistory], bool]:
        """By exact values only: parts of names over all plays would read them all."""
        term = search_term.strip()
        if not term:
            return queryset, False
        identity = uuid_or_none(term)
        user_id = user_id_of(name=term) if identity is None else _user_id(identity)
        if user_id is not None:
            return queryset.filter(user=user_id), False
        return (queryset.none() if identity is None else queryset.filter(content_id=identity)), False

    @admin.display(description="watched at", ordering="watched_at")
    def at(self, play: WatchHistory) -> str | None:
        return minute(play.watched_at)

    @admin.display(description="viewer")
    def viewer(self, play: WatchHistory) -> SafeString:
        address = reverse("admin:analytics_user_change", args=[play.user_id])
        return format_html('<a href="{}">{}</a>', address, play.user.username)

    @admin.display(description="title")
    def title_watched(self, play: WatchHistory) -> SafeString:
        title: str | None = play.title  # type: ignore[attr-defined]  # see attach_titles
        if title is None:
            return format_html("{} (no longer in the catalog)", play.content_id)
        address = reverse("admin:catalog_content_change", args=[play.content_id])
        return format_html('<a href="{}">{}</a>', address, title)

    @admin.display(description="watched")
    def watched(self, play: WatchHistory) -> str:
        return _clock(play.duration_watched_seconds)

    @admin.display(description="stopped at")
    def position(self, play: WatchHistory) -> str:
        return _clock(play.last_position_seconds)


def _user_id(identity: UUID) -> UUID | None:
    return identity if user_exists(user_id=identity) else None


def _clock(seconds: int) -> str:
    """Hours, minutes and seconds, as a player shows them: 1:02:03."""
    return f"{seconds // 3600}:{seconds % 3600 // 60:02}:{seconds % 60:02}"
