"""The exact number of SQL statements of each endpoint, per database: the same for one row and for a hundred."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from analytics.models import User, WatchHistory
from analytics.services import play_record
from catalog.models import Content, Credit
from catalog.selectors import record_key
from reviews.documents import Review
from streaming.stores import redis, replica
from streaming.stores.aliases import ANALYTICS, CATALOG, REPLICA
from streaming.stores.cache import forget
from tests.factories import (
    LONG_AGO,
    ContentFactory,
    CreditFactory,
    PersonFactory,
    ReviewFactory,
    UserFactory,
    WatchHistoryFactory,
    with_children,
)
from tests.served import until
from trending.services import view_count

AsViewer = Callable[[User], APIClient]


@dataclass(frozen=True)
class Budget:
    """SQL statements on each database. Plays and user ids are read through the catalog and count there. Whether the
    replica may be used costs one on the primary and one on the replica, here every time, and one more through the
    catalog for a viewer who has just written."""

    catalog: int = 0
    analytics: int = 0
    replica: int = 0


@contextmanager
def spent() -> Iterator[Callable[[], Budget]]:
    aliases = {"catalog": CATALOG, "analytics": ANALYTICS, "replica": REPLICA}
    with ExitStack() as stack:
        counted = {
            name: stack.enter_context(CaptureQueriesContext(connections[alias]))
            for name, alias in aliases.items()
        }
        replica.forget()
        yield lambda: Budget(**{name: len(context) for name, context in counted.items()})


@dataclass(frozen=True)
class World:
    viewer: User
    content_id: UUID
    person_id: UUID
    many: int


@pytest.fixture(params=[1, 100])
def world(replicated: Callable[[], None], request: pytest.FixtureRequest) -> World:
    """A title and a viewer with as many rows of each kind, reviews, plays and trending titles as the parameter says."""
    many: int = request.param
    viewer = UserFactory(is_staff=True)
    content = with_children(ContentFactory(content_type="series"), many)
    authors = User.objects.bulk_create(UserFactory.build_batch(many))
    Review.objects.insert(
        [ReviewFactory.build(content_id=content.content_id, user_id=author.user_id) for author in authors]
    )
    titles = Content.objects.bulk_create(ContentFactory.build_batch(many))
    star = PersonFactory()
    Credit.objects.bulk_create([CreditFactory.build(content=title, person=star) for title in titles * 2])
    WatchHistory.objects.bulk_create(
        [WatchHistoryFactory.build(user=viewer, content_id=played.content_id) for played in titles]
    )
    for played in titles:
        view_count(content_id=played.content_id, event_id=None)
    replicated()
    until(replica.usable, "the replica is seen to have caught up")
    return World(viewer, content.content_id, star.person_id, many)


# Endpoint to what it costs without and with the title's record in the cache. Without, one is for the record and one
# for the levels of maturity, of which the cache has one value for all titles.
CONTENT_BUDGETS = {
    "": (Budget(catalog=2), Budget()),
    "?lang=aa,ab": (Budget(catalog=2), Budget()),
    "/cast": (Budget(catalog=2), Budget()),
    "/details": (Budget(catalog=2, analytics=1, replica=2), Budget(analytics=1, replica=2)),
    "/seasons?limit=100": (Budget(catalog=4), Budget(catalog=2)),
    "/seasons/1/episodes?limit=100": (Budget(catalog=5), Budget(catalog=3)),
    "/seasons/1/episodes?limit=100&order=dvd": (Budget(catalog=5), Budget(catalog=3)),
    "/reviews?limit=100": (Budget(catalog=2, analytics=1, replica=2), Budget(analytics=1, replica=2)),
}


def test_what_a_title_costs(world: World, api: APIClient) -> None:
    for rest, (uncached, cached) in CONTENT_BUDGETS.items():
        redis.cache().flushdb()
        for budget in (uncached, cached, cached):
            with spent() as cost:
                assert api.get(f"/api/v1/content/{world.content_id}{rest}").status_code == 200
            assert cost() == budget, rest


def test_a_title_s_whole_record_is_one_query_once_the_levels_of_maturity_are_cached(
    world: World, api: APIClient
) -> None:
    url = f"/api/v1/content/{world.content_id}"
    api.get(url)
    forget([record_key(world.content_id)])

    with spent() as cost:
        answer = api.get(url)

    assert cost() == Budget(catalog=1)
    counts = {name: len(rows) for name, rows in answer.json().items() if isinstance(rows, list)}
    assert (counts.pop("countries"), set(counts.values()), len(counts)) == (0, {world.many}, 8)


def test_whether_the_replica_may_be_used_is_asked_once_for_many_requests(
    world: World, api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica, "ANSWER_KEPT", timedelta(hours=1))
    url = f"/api/v1/content/{world.content_id}/details"
    api.get(url)

    with spent() as cost:
        for _ in range(3):
            api.get(url)

    assert cost() == Budget(analytics=1, replica=4)


def test_what_a_person_costs(world: World, api: APIClient) -> None:
    for rest, budget in {"?limit=100": Budget(catalog=6), "?limit=100&lang=de,en": Budget(catalog=7)}.items():
        for _ in range(2):
            with spent() as cost:
                answer = api.get(f"/api/v1/people/{world.person_id}{rest}")
            assert len(answer.json()["filmography"]["results"]) == world.many
            assert cost() == budget, rest


def test_what_lists_cost(world: World, api: APIClient, as_viewer: AsViewer) -> None:
    client = as_viewer(world.viewer)
    budgets = {
        "ids": Budget(catalog=1),
        "trending/daily": Budget(catalog=1),
        "trending/daily?lang=de,en": Budget(catalog=2),
        "users/ids": Budget(catalog=1, analytics=2, replica=1),
        f"users/{world.viewer.user_id}/watch-history?limit=100": Budget(catalog=2, analytics=2, replica=1),
    }
    for rest, budget in budgets.items():
        for _ in range(2):
            with spent() as cost:
                assert client.get(f"/api/v1/content/{rest}").status_code == 200
            assert cost() == budget, rest


def test_what_a_play_costs_and_its_viewer_s_next_read(
    world: World, replicated: Callable[[], None], as_viewer: AsViewer
) -> None:
    with spent() as cost:
        play_record(
            user_id=world.viewer.user_id,
            content_id=uuid4(),
            event_id=uuid4(),
            watched_at=LONG_AGO,
            duration_watched_seconds=1,
            last_position_seconds=1,
        )
    assert cost() == Budget(analytics=4)  # BEGIN, INSERT, COMMIT, and how far the WAL is
    replicated()

    client = as_viewer(world.viewer)
    with spent() as cost:
        client.get(f"/api/v1/content/users/{world.viewer.user_id}/watch-history")

    assert cost() == Budget(catalog=3, analytics=2, replica=1)


def test_what_writes_cost(world: World, api: APIClient, as_viewer: AsViewer) -> None:
    client = as_viewer(world.viewer)
    review = {"rating": 8, "comment": "Worth it."}
    for rest, expected, budgets in (
        ("reviews", [201, 409], [Budget(catalog=2, analytics=1), Budget(analytics=1)]),
        ("views/increment", [200, 200], [Budget(catalog=2), Budget()]),
    ):
        redis.cache().flushdb()
        for status, budget in zip(expected, budgets, strict=True):
            with spent() as cost:
                answer = client.post(
                    f"/api/v1/content/{world.content_id}/{rest}",
                    review if rest == "reviews" else None,
                    format="json",
                )
            assert answer.status_code == status
            assert cost() == budget, rest


def test_an_anonymous_view_costs_no_sql_once_the_title_is_cached(world: World, api: APIClient) -> None:
    url = f"/api/v1/content/{world.content_id}/views/increment"
    api.post(url)

    with spent() as cost:
        assert api.post(url).json()["views"] == 2

    assert cost() == Budget()


def test_a_public_read_with_a_token_asks_nothing_about_the_viewer(world: World, as_viewer: AsViewer) -> None:
    client = as_viewer(world.viewer)
    client.get(f"/api/v1/content/{world.content_id}")

    with spent() as cost:
        assert client.get(f"/api/v1/content/{world.content_id}").status_code == 200

    assert cost() == Budget()
