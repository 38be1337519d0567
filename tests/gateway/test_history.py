"""`/content/users/{user_id}/watch-history`: a viewer's own plays."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connections
from django.utils import timezone
from rest_framework.test import APIClient

from analytics.models import User
from analytics.replication import published_columns
from streaming.stores import replica
from streaming.stores.replication import setup
from tests.conftest import one_worker_at_a_time
from tests.factories import LONG_AGO, ContentFactory, UserFactory, WatchHistoryFactory
from tests.walking import walk

AsViewer = Callable[[User], APIClient]
Replicated = Callable[[], None]


@pytest.fixture
def emptied(
    replicated: Replicated, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], None]]:
    """Call it to have the replica as it is while set-up copies it anew: no row yet."""

    def empty() -> None:
        replicated()
        with connections["analytics_replica"].cursor() as cursor:
            cursor.execute("DROP SUBSCRIPTION analytics_sub")
            cursor.execute("TRUNCATE users, user_watch_history")

    monkeypatch.setattr(replica, "ANSWER_KEPT", timedelta(0))
    with one_worker_at_a_time(tmp_path_factory):
        yield empty
        setup.set_up(published_columns())
        replicated()


def url_of(user: User) -> str:
    return f"/api/v1/content/users/{user.user_id}/watch-history"


def test_plays_come_with_their_titles_newest_first(replicated: Replicated, as_viewer: AsViewer) -> None:
    viewer = UserFactory(username="ada")
    content = ContentFactory(title="Metropolis")
    old = WatchHistoryFactory(user=viewer, content_id=content.content_id, watched_at=LONG_AGO)
    new = WatchHistoryFactory(
        user=viewer,
        content_id=content.content_id,
        watched_at=LONG_AGO + timedelta(days=1, microseconds=5),
        duration_watched_seconds=60,
        last_position_seconds=4000,
    )
    WatchHistoryFactory()  # somebody else's
    replicated()

    answer = as_viewer(viewer).get(url_of(viewer))

    assert answer.json()[0] == {
        "history_id": str(new.history_id),
        "user_id": str(viewer.user_id),
        "username": "ada",
        "content_id": str(content.content_id),
        "title": "Metropolis",
        "watched_at": "2020-01-02T00:00:00.000005Z",
        "duration_watched_seconds": 60,
        "last_position_seconds": 4000,
    }
    assert [row["history_id"] for row in answer.json()] == [str(new.history_id), str(old.history_id)]
    assert answer.json()[1]["watched_at"] == "2020-01-01T00:00:00Z"
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_a_title_is_named_as_long_as_it_was_ever_public(replicated: Replicated, as_viewer: AsViewer) -> None:
    viewer = UserFactory()
    titles = [
        ContentFactory(title="archived", status="archived"),
        ContentFactory(title="draft", status="draft"),
        ContentFactory(title="scheduled", published_at=timezone.now() + timedelta(days=1)),
    ]
    for content_id in [uuid4(), *(content.content_id for content in titles)]:
        WatchHistoryFactory(user=viewer, content_id=content_id)
    replicated()

    rows = as_viewer(viewer).get(url_of(viewer)).json()

    assert [row["title"] for row in rows] == [None, None, "archived", None]


def test_a_history_is_its_viewers_and_staffs(
    replicated: Replicated, api: APIClient, as_viewer: AsViewer
) -> None:
    viewer, other, staff = UserFactory(), UserFactory(), UserFactory(is_staff=True)
    WatchHistoryFactory(user=viewer)
    replicated()

    assert len(as_viewer(viewer).get(url_of(viewer)).json()) == 1
    assert len(as_viewer(staff).get(url_of(viewer)).json()) == 1
    assert as_viewer(other).get(url_of(other)).json() == []
    of_another = as_viewer(other).get(url_of(viewer))
    of_nobody = as_viewer(other).get(f"/api/v1/content/users/{uuid4()}/watch-history")
    assert (of_another.status_code, of_another.json()["code"]) == (404, "not_found")
    assert of_another.json() == of_nobody.json()
    anonymous = api.get(url_of(viewer))
    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "not_authenticated")
    assert anonymous.headers["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("same_moment", [False, True])
def test_pages_show_each_play_once_while_new_ones_come(
    replicated: Replicated, as_viewer: AsViewer, same_moment: bool
) -> None:
    viewer = UserFactory()
    step = timedelta(0) if same_moment else timedelta(microseconds=1)
    made = [WatchHistoryFactory(user=viewer, watched_at=LONG_AGO + step * n) for n in range(23)]
    newer = iter(range(1, 100))
    replicated()

    def in_front() -> None:
        WatchHistoryFactory(user=viewer, watched_at=LONG_AGO + timedelta(days=next(newer)))
        replicated()

    rows = walk(as_viewer(viewer), f"{url_of(viewer)}?limit=4", between=in_front)

    expected = sorted(made, key=lambda play: (play.watched_at, play.history_id), reverse=True)
    assert [row["history_id"] for row in rows] == [str(play.history_id) for play in expected]


def test_a_page_has_ten_plays_and_at_most_a_hundred(replicated: Replicated, as_viewer: AsViewer) -> None:
    viewer = UserFactory()
    WatchHistoryFactory.create_batch(101, user=viewer)
    replicated()
    client = as_viewer(viewer)

    assert len(client.get(url_of(viewer)).json()) == 10
    assert len(client.get(url_of(viewer), {"limit": 100}).json()) == 100
    assert client.get(url_of(viewer), {"limit": 101}).status_code == 400


def test_a_replica_that_is_being_copied_anew_is_not_taken_for_the_truth(
    emptied: Callable[[], None], as_viewer: AsViewer
) -> None:
    """It answered [] to viewers with a history, and no users to staff."""
    staff = UserFactory(is_staff=True)
    play = WatchHistoryFactory(user=staff)
    emptied()

    plays = as_viewer(staff).get(url_of(staff)).json()
    user_ids = as_viewer(staff).get("/api/v1/content/users/ids").json()

    assert [row["history_id"] for row in plays] == [str(play.history_id)]
    assert user_ids == [str(staff.user_id)]
