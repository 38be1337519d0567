"""One title for one audience: judged by the record's own values at each request, whether it was cached or not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from catalog.models import AvailabilityWindow, Content, MaturityRating
from catalog.selectors import content_record, record_key
from catalog.services import contents_touch
from catalog.visibility import Audience
from streaming.stores import redis
from streaming.stores.aliases import CATALOG
from tests.factories import ContentFactory

READS = ("", "/cast", "/details", "/reviews")
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def test_a_title_is_there_only_where_a_window_is_open(stores: None, api: APIClient) -> None:
    title = title_with(
        windows=[("DE", NOW - DAY, None), ("FR", NOW - 2 * DAY, NOW - DAY), ("AT", NOW + DAY, None)]
    )

    for read in READS:
        for query, status in {
            "": 200,
            "?available_in=DE": 200,
            "?available_in=FR": 404,
            "?available_in=AT": 404,
            "?available_in=US": 404,
            "?available_in=WW": 404,
        }.items():
            assert api.get(f"/api/v1/content/{title.content_id}{read}{query}").status_code == status, (
                read,
                query,
            )


def test_the_whole_world_is_every_territory(stores: None, api: APIClient) -> None:
    title = title_with(windows=[("WW", NOW - DAY, None)])

    answers = {where: get(api, title, available_in=where) for where in ("DE", "US", "WW")}

    assert answers == {"DE": 200, "US": 200, "WW": 200}


def test_every_rating_is_to_be_within_the_limit_and_an_unknown_one_is_within_none(
    stores: None, api: APIClient
) -> None:
    mild = title_with(ratings=[("FSK", "6")])
    strict = title_with(ratings=[("FSK", "6"), ("BBFC", "15")])
    unmapped = title_with(ratings=[("FSK", "6"), ("ZZZ", "18+")])
    unrated = title_with()

    seen = {
        limit: [get(api, title, maturity_lte=limit) for title in (mild, strict, unmapped, unrated)]
        for limit in (0, 5, 6, 14, 15, 21)
    }

    assert seen == {
        0: [404, 404, 404, 404],
        5: [404, 404, 404, 404],
        6: [200, 404, 404, 404],
        14: [200, 404, 404, 404],
        15: [200, 200, 404, 404],
        21: [200, 200, 404, 404],
    }
    assert [get(api, title) for title in (mild, strict, unmapped, unrated)] == [200] * 4


@pytest.mark.parametrize(
    "query",
    [
        *("available_in=de", "available_in=XX", "available_in=DEU", "available_in=", "available_in=%00"),
        *("available_in=DE&available_in=FR", "maturity_lte=22", "maturity_lte=-1", "maturity_lte=12%2B"),
        *("maturity_lte=", "maturity_lte=1e1", "maturity_lte=%D9%A1"),
    ],
)
def test_an_audience_that_is_none_is_refused(stores: None, api: APIClient, query: str) -> None:
    title = title_with()

    for read in READS:
        answer = api.get(f"/api/v1/content/{title.content_id}{read}?{query}")
        assert answer.status_code == 400
        assert {error["field"] for error in answer.json()["errors"]} == {query.split("=", maxsplit=1)[0]}


def test_one_cached_record_serves_every_audience(stores: None, api: APIClient) -> None:
    title = title_with(windows=[("DE", NOW - DAY, None)])
    assert get(api, title, available_in="FR") == 404  # loads it: somebody elsewhere may see it

    with CaptureQueriesContext(connections[CATALOG]) as queries:
        answers = [get(api, title), get(api, title, available_in="DE")]
    with CaptureQueriesContext(connections[CATALOG]) as elsewhere:
        answers.append(get(api, title, available_in="FR"))

    assert (answers, len(queries)) == ([200, 200, 404], 0)
    # Nothing found: whether the title was merged into another is asked, and nothing else.
    assert [query["sql"].count("content_merges") > 0 for query in elsewhere] == [True]


def test_open_licences_are_judged_by_the_clock_that_lets_the_title_be_seen(
    stores: None, api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keeps away: where the database's clock is behind, a title that has just opened, and under no licence."""
    title = title_with(windows=[("DE", NOW + DAY, NOW + 3 * DAY), ("FR", NOW - DAY, NOW + DAY)])
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + 2 * DAY)

    answer = api.get(f"/api/v1/content/{title.content_id}")

    assert answer.status_code == 200
    assert [
        (each["territory"], each["licence"], datetime.fromisoformat(each["ends_at"]))
        for each in answer.json()["availability"]
    ] == [("DE", "svod", NOW + 3 * DAY)]


def test_a_cached_record_is_judged_at_the_time_of_the_request(stores: None) -> None:
    """Keeps away: a title served from the cache after its window, or before the next one has begun."""
    title = title_with(windows=[("DE", NOW - DAY, NOW + DAY), ("DE", NOW + 2 * DAY, NOW + 3 * DAY)])
    content_record(content_id=title.content_id)

    with CaptureQueriesContext(connections[CATALOG]) as queries:
        seen = [
            content_record(content_id=title.content_id, audience=Audience(at)) is not None
            for at in (NOW, NOW + DAY - MICROSECOND, NOW + DAY, NOW + 2 * DAY - MICROSECOND, NOW + 2 * DAY)
        ]

    assert (seen, len(queries)) == ([True, True, False, False, True], 0)


MICROSECOND = timedelta(microseconds=1)


def test_a_record_outlives_no_change_that_time_alone_brings(stores: None) -> None:
    soon, later = datetime.now(UTC) + timedelta(seconds=20), datetime.now(UTC) + DAY
    ending = title_with(windows=[("DE", None, soon), ("FR", None, later)])
    beginning = title_with(windows=[("DE", None, None), ("FR", soon, None)])
    shown_otherwise = title_with(windows=[("DE", None, later), ("WW", soon, None)])
    lasting = title_with(windows=[("DE", None, later)])

    for title in (ending, beginning, shown_otherwise, lasting):
        assert content_record(content_id=title.content_id) is not None

    *left, longest = [
        redis.cache().pttl(record_key(title.content_id))
        for title in (ending, beginning, shown_otherwise, lasting)
    ]
    assert all(0 < milliseconds <= 20_000 for milliseconds in left)
    assert 20_000 < longest <= 60_000


def test_what_decides_is_not_told(stores: None, api: APIClient, members: Callable[[Any], set[str]]) -> None:
    title = title_with(windows=[("DE", None, None)], ratings=[("FSK", "12")])

    answers = [api.get(f"/api/v1/content/{title.content_id}{read}").json() for read in READS]

    told = set().union(*map(members, answers))
    assert told.isdisjoint({"gate", "until", "maturity", "status", "next_change_at"})


@pytest.fixture
def members() -> Callable[[Any], set[str]]:
    def of(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value).union(*map(of, value.values()))
        return set().union(*map(of, value)) if isinstance(value, list) else set()

    return of


def title_with(
    *,
    windows: list[tuple[str, datetime | None, datetime | None]] | None = None,
    ratings: list[tuple[str, str]] | None = None,
) -> Content:
    title: Content = ContentFactory()
    for territory, starts_at, ends_at in windows or ():
        AvailabilityWindow.objects.create(
            content=title, territory=territory, starts_at=starts_at, ends_at=ends_at
        )
    for system, value in ratings or ():
        MaturityRating.objects.create(content=title, system=system, value=value)
    contents_touch([title.content_id])
    return title


def get(api: APIClient, title: Content, **audience: str | int) -> int:
    return api.get(f"/api/v1/content/{title.content_id}", audience).status_code
