"""Account pages and the read-only pages of plays."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connections
from django.test import Client

from analytics.models import User, WatchHistory
from streaming.api.admin import COUNTED_EXACTLY
from tests.admin_pages import client_of, queries_of, staff_with, superuser, values_of
from tests.factories import ContentFactory, UserFactory, WatchHistoryFactory

USERS = "/admin/analytics/user/"
PLAYS = "/admin/analytics/watchhistory/"
PASSWORD = "correct horse battery"


@pytest.fixture
def admin(stores: None) -> Client:
    return superuser()


def change_page(user: User) -> str:
    return f"{USERS}{user.user_id}/change/"


def add_user(admin: Client, **values: Any) -> Any:
    given = {"username": "ada", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    return admin.post(f"{USERS}add/", values_of(admin.get(f"{USERS}add/")) | given | values)


def test_an_added_user_can_log_in(admin: Client) -> None:
    assert add_user(admin, email="ada@example.org").status_code == 302
    assert Client().login(username="ada", password=PASSWORD)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"username": "ROOT"}, "username"),
        ({"username": "a b"}, "username"),
        ({"username": "a\x00b"}, "username"),
        ({"email": "TAKEN@example.org"}, "email"),
        ({"password2": "another one 123"}, "password2"),
        ({"password1": "12345678", "password2": "12345678"}, "password2"),
    ],
)
def test_a_wrong_account_is_an_error_at_its_field(admin: Client, values: dict[str, str], field: str) -> None:
    UserFactory(email="taken@example.org")
    response = add_user(admin, **values)
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]


def test_an_edited_account_may_not_take_anothers_name(admin: Client) -> None:
    user = UserFactory(username="ada")
    response = admin.post(change_page(user), values_of(admin.get(change_page(user))) | {"username": "Root"})
    assert list(response.context["adminform"].form.errors) == ["username"]


def test_an_account_keeps_its_own_name_and_gets_groups(admin: Client) -> None:
    user = UserFactory(username="ada", email="ada@example.org")
    group = Group.objects.create(name="Editors")
    page = values_of(admin.get(change_page(user)))

    response = admin.post(change_page(user), page | {"is_staff": "on", "groups": [group.pk]})

    user.refresh_from_db()
    assert (response.status_code, user.is_staff, list(user.groups.all())) == (302, True, [group])


def test_a_password_is_set_and_nothing_of_its_hash_is_shown(admin: Client) -> None:
    user = UserFactory(username="ada")
    assert "No usable password" in admin.get(change_page(user)).content.decode()

    response = admin.post(
        f"{USERS}{user.user_id}/password/",
        {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD, "set-password": "1"},
    )

    assert response.status_code == 302
    assert Client().login(username="ada", password=PASSWORD)
    user.refresh_from_db()
    page = admin.get(change_page(user)).content.decode()
    assert "A password is set." in page
    algorithm, _, salt, digest = user.password.split("$")
    assert [part for part in (algorithm, salt[:4], digest[:6]) if part in page] == []


def test_accounts_are_closed_not_deleted(admin: Client) -> None:
    user = UserFactory()
    assert admin.post(f"{USERS}{user.user_id}/delete/", {"post": "yes"}).status_code == 403
    assert "delete_selected" not in admin.get(USERS).content.decode()
    page = values_of(admin.get(change_page(user)))
    del page["is_active"]
    admin.post(change_page(user), page)
    user.refresh_from_db()
    assert user.is_active is False


def test_staff_who_manage_users_cannot_make_themselves_superuser(stores: None) -> None:
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["change_user", "view_user"]))
    staff = client_of(user)
    staff.post(change_page(user), values_of(staff.get(change_page(user))) | {"is_superuser": "on"})
    user.refresh_from_db()
    assert user.is_superuser is False


def test_staff_who_manage_users_cannot_set_a_superusers_password(stores: None) -> None:
    root = UserFactory(is_superuser=True)
    staff = staff_with("change_user", "view_user")
    assert staff.get(f"{USERS}{root.user_id}/password/").status_code == 403
    assert staff.post(change_page(root), {"username": "mine"}).status_code == 403


def test_tokens_have_no_pages(admin: Client) -> None:
    assert "OutstandingToken" not in admin.get("/admin/").content.decode()
    assert admin.get("/admin/token_blacklist/outstandingtoken/").status_code == 404


@pytest.mark.parametrize("page", ["add/", "{id}/delete/", "{id}/change/"])
def test_plays_are_not_added_changed_or_deleted(admin: Client, page: str) -> None:
    play = WatchHistoryFactory(last_position_seconds=600)
    answer = admin.post(
        PLAYS + page.format(id=play.history_id), {"post": "yes", "last_position_seconds": "1"}
    )
    assert answer.status_code == 403
    assert WatchHistory.objects.get().last_position_seconds == 600


def test_plays_show_viewer_and_title(admin: Client) -> None:
    content = ContentFactory(title="Metropolis", status="draft")
    play = WatchHistoryFactory(
        user__username="ada", content_id=content.content_id, duration_watched_seconds=3723
    )
    for address in (PLAYS, f"{PLAYS}{play.history_id}/change/"):
        page = admin.get(address).content.decode()
        assert f'<a href="/admin/analytics/user/{play.user_id}/change/">ada</a>' in page
        assert f'<a href="/admin/catalog/content/{content.content_id}/change/">Metropolis</a>' in page
        assert "1:02:03" in page


def test_a_play_of_a_title_that_is_gone_shows_its_id(admin: Client) -> None:
    play = WatchHistoryFactory()
    assert f"{play.content_id} (no longer in the catalog)" in admin.get(PLAYS).content.decode()


def test_plays_are_found_by_whole_username_user_id_and_title_id(admin: Client) -> None:
    mine, other = WatchHistoryFactory(user__username="Ada"), WatchHistoryFactory(user__username="adam")

    def found(query: str) -> list[WatchHistory]:
        return list(admin.get(PLAYS, {"q": query}).context["cl"].result_list)

    assert found("ada") == [mine]
    assert found(str(mine.user_id)) == [mine]
    assert found(str(other.content_id)) == [other]
    assert found(str(uuid4())) == found("ad") == []


def test_a_search_for_what_no_row_can_hold_is_left_out(admin: Client) -> None:
    page = admin.get(PLAYS, {"q": "a\x00"}, follow=True).content.decode()
    assert "held a character that no row can hold" in page


def test_the_list_of_plays_costs_the_same_with_1_and_50_rows(admin: Client) -> None:
    WatchHistoryFactory(content_id=ContentFactory().content_id)
    one = queries_of(lambda: admin.get(PLAYS))
    for content in ContentFactory.create_batch(49):
        WatchHistoryFactory(content_id=content.content_id)
    assert queries_of(lambda: admin.get(PLAYS)) == one == 7


def test_a_table_is_counted_up_to_a_limit_and_estimated_beyond(admin: Client) -> None:
    """No page may count a million rows: beyond the limit the planner's figure stands for the table."""
    user = UserFactory()
    rows = COUNTED_EXACTLY + 500
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """INSERT INTO user_watch_history (history_id, user_id, content_id, watched_at,
                      duration_watched_seconds, last_position_seconds, event_id)
               SELECT gen_random_uuid(), %s, gen_random_uuid(), now(), 1, 1, gen_random_uuid()
                 FROM generate_series(1, %s)""",
            [user.user_id, rows],
        )
        cursor.execute("ANALYZE user_watch_history")

    assert admin.get(PLAYS).context["cl"].result_count == rows
    assert admin.get(PLAYS, {"q": user.username}).context["cl"].result_count == COUNTED_EXACTLY
