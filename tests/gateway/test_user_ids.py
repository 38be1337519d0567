"""`/content/users/ids`: for staff, through the foreign tables."""

from collections.abc import Callable
from uuid import UUID

from rest_framework.test import APIClient

from analytics.models import User
from tests.factories import UserFactory
from tests.walking import walk

URL = "/api/v1/content/users/ids"


def test_staff_read_the_ids_of_all_users_in_order(
    replicated: Callable[[], None], as_viewer: Callable[[User], APIClient]
) -> None:
    staff = UserFactory(is_staff=True)
    users = [staff, *UserFactory.create_batch(5)]
    replicated()

    answer = as_viewer(staff).get(URL)

    assert answer.json() == [str(user_id) for user_id in sorted(user.user_id for user in users)]
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Link" not in answer.headers


def test_nobody_else_does(stores: None, api: APIClient, as_viewer: Callable[[User], APIClient]) -> None:
    viewer, anonymous = as_viewer(UserFactory()).get(URL), api.get(URL)

    assert (viewer.status_code, viewer.json()["code"]) == (403, "permission_denied")
    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "not_authenticated")
    assert anonymous.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_pages_show_each_user_once_while_others_register(
    replicated: Callable[[], None], as_viewer: Callable[[User], APIClient]
) -> None:
    staff = UserFactory(is_staff=True, user_id=UUID(int=1 << 100))
    before = {str(staff.user_id)} | {
        str(UserFactory(user_id=UUID(int=n << 100)).user_id) for n in range(2, 12)
    }
    fronts = iter(range(1, 100))
    replicated()

    def in_front() -> None:
        UserFactory(user_id=UUID(int=next(fronts)))
        replicated()

    rows = walk(as_viewer(staff), f"{URL}?limit=3", between=in_front)

    assert len(rows) == 11
    assert set(rows) == before
