"""`GET /content/{id}/visibility`: the answer is that of the rule, with the row that decided each check."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from analytics.models import User
from catalog.models import Content, ContentMerge
from catalog.visibility import CHECKS
from catalog.visibility_explained import REASONS
from streaming.stores.aliases import CATALOG
from tests.factories import ContentFactory, MaturityRatingFactory, UserFactory, WindowFactory, indexed

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def editor(as_viewer: Callable[[User], APIClient]) -> APIClient:
    return as_viewer(UserFactory(is_staff=True))


@pytest.fixture
def ask(editor: APIClient) -> Ask:
    def asked(title: Content, **query: str | int) -> dict[str, Any]:
        answer = editor.get(url_of(title), query)
        assert answer.status_code == 200, answer.content
        body: dict[str, Any] = answer.json()
        return body

    return asked


def url_of(title: Content) -> str:
    return f"/api/v1/content/{title.content_id}/visibility"


def check(answer: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in answer["checks"] if each["check"] == name)


def test_a_public_title_s_answer_in_full(stores: None, ask: Ask) -> None:
    title = ContentFactory(title="Metropolis", published_at=AT - 9 * DAY)
    window = WindowFactory(content=title, territory="DE", starts_at=AT - DAY, ends_at=AT + DAY)
    WindowFactory(content=title, territory="FR", starts_at=AT + 2 * DAY)
    rating = MaturityRatingFactory(content=title, system="FSK", value="12", country="DE")
    MaturityRatingFactory(content=title, system="BBFC", value="PG", country="GB")
    indexed(title)

    assert ask(title, territory="DE", at=AT.isoformat(), maturity_lte=12) == {
        "content_id": str(title.content_id),
        "title": "Metropolis",
        "territory": "DE",
        "at": "2026-03-01T12:00:00Z",
        "maturity_lte": 12,
        "visible": True,
        "checks": [
            {
                "check": "published",
                "holds": True,
                "why": "It is published.",
                "decided_by": {
                    "row": "title",
                    "id": str(title.content_id),
                    "values": {"status": "published"},
                },
            },
            {
                "check": "date",
                "holds": True,
                "why": "It is public from 2026-02-20 12:00:00 UTC on, which has come.",
                "decided_by": {
                    "row": "title",
                    "id": str(title.content_id),
                    "values": {"published_at": "2026-02-20T12:00:00Z"},
                },
            },
            {
                "check": "window",
                "holds": True,
                "why": "A window is open in DE, until 2026-03-02 12:00:00 UTC.",
                "decided_by": {
                    "row": "window",
                    "id": str(window.pk),
                    "values": {
                        "territory": "DE",
                        "licence": "svod",
                        "starts_at": "2026-02-28T12:00:00Z",
                        "ends_at": "2026-03-02T12:00:00Z",
                    },
                },
            },
            {
                "check": "maturity",
                "holds": True,
                "why": "Its strictest rating, FSK 12, is for 12 years and over: within the limit of 12.",
                "decided_by": {
                    "row": "rating",
                    "id": str(rating.pk),
                    "values": {"system": "FSK", "country": "DE", "value": "12", "minimum_age": 12},
                },
            },
        ],
        "next_change": "2026-03-02T12:00:00Z",
    }


@pytest.mark.parametrize(
    ("fields", "name", "why"),
    [
        ({"status": "draft"}, "published", "It is not published but draft."),
        ({"status": "archived"}, "published", "It is not published but archived."),
        (
            {"published_at": AT + DAY},
            "date",
            "It is public from 2026-03-02 12:00:00 UTC on, which is still to come.",
        ),
        ({"status": "draft", "published_at": None}, "date", "It has no date of publication."),
    ],
)
def test_editors_are_told_of_what_is_not_public_too(
    stores: None, ask: Ask, fields: dict[str, Any], name: str, why: str
) -> None:
    title = ContentFactory(**fields)
    indexed(title)

    answer = ask(title, at=AT.isoformat())

    assert answer["visible"] is False
    assert (check(answer, name)["holds"], check(answer, name)["why"]) == (False, why)
    assert check(answer, name)["decided_by"]["row"] == "title"
    assert answer["next_change"] == ("2026-03-02T12:00:00Z" if fields.get("published_at") else None)


def test_a_merged_title_s_answer_says_into_which(stores: None, ask: Ask) -> None:
    title, into = ContentFactory(status="merged"), uuid4()
    ContentMerge.objects.create(content=title, into_id=into, merged_at=AT, undo={})
    indexed(title)

    published = check(ask(title), "published")

    assert published == {
        "check": "published",
        "holds": False,
        "why": f"It was merged into {into}.",
        "decided_by": {
            "row": "merge",
            "id": str(title.content_id),
            "values": {"status": "merged", "into_id": str(into)},
        },
    }


def test_the_window_that_decided_is_named_whether_it_is_open_to_come_or_past(stores: None, ask: Ask) -> None:
    title = ContentFactory()
    windows = {
        "past": WindowFactory(content=title, territory="DE", starts_at=AT - 3 * DAY, ends_at=AT - DAY),
        "older": WindowFactory(content=title, territory="DE", starts_at=None, ends_at=AT - 9 * DAY),
        "coming": WindowFactory(content=title, territory="FR", starts_at=AT + DAY, ends_at=None),
        "later": WindowFactory(content=title, territory="FR", licence="est", starts_at=AT + 2 * DAY),
        "open": WindowFactory(content=title, territory="US", starts_at=None, ends_at=AT + DAY),
        "longer": WindowFactory(content=title, territory="US", licence="est", starts_at=AT),
    }
    indexed(title)
    names = {str(window.pk): name for name, window in windows.items()}

    told = {}
    for place in ("DE", "FR", "US", "JP"):
        answer = ask(title, territory=place, at=AT.isoformat())
        found = check(answer, "window")
        decided = found["decided_by"] and names[found["decided_by"]["id"]]
        told[place] = (found["holds"], decided, found["why"], answer["next_change"])

    assert told == {
        "DE": (False, "past", "No window is open in DE; the last one ended 2026-02-28 12:00:00 UTC.", None),
        "FR": (
            *(False, "coming", "No window is open in FR; the next one opens 2026-03-02 12:00:00 UTC."),
            "2026-03-02T12:00:00Z",
        ),
        "US": (True, "longer", "A window is open in US, without end.", None),
        "JP": (False, None, "It has windows, but none for JP.", None),
    }


@pytest.mark.parametrize(
    ("ratings", "limit", "holds", "why"),
    [
        ([], None, True, "No maturity limit was asked for."),
        ([], 12, False, "It has no rating, and so is within no limit; this one is 12."),
        (
            [("FSK", "16"), ("BBFC", "PG")],
            12,
            False,
            "Its strictest rating, FSK 16, is for 16 years and over: above the limit of 12.",
        ),
        (
            [("FSK", "16"), ("ZZZ", "soft")],
            21,
            False,
            "No level says what ZZZ soft means, and so it is within no limit.",
        ),
    ],
)
def test_the_strictest_rating_decides(
    stores: None, ask: Ask, ratings: list[tuple[str, str]], limit: int | None, holds: bool, why: str
) -> None:
    title = ContentFactory()
    for number, (system, value) in enumerate(ratings):
        MaturityRatingFactory(content=title, system=system, value=value, country=("DE", "GB")[number])
    indexed(title)

    answer = ask(title, **({} if limit is None else {"maturity_lte": limit}))

    found = check(answer, "maturity")
    assert (found["holds"], found["why"], answer["visible"]) == (holds, why, holds)


def test_the_answer_is_that_of_the_public_s_own_read(stores: None, ask: Ask, api: APIClient) -> None:
    now = datetime.now(UTC)
    titles = [ContentFactory(), ContentFactory(status="draft"), ContentFactory(), ContentFactory()]
    WindowFactory(content=titles[2], territory="DE", starts_at=now - DAY)
    MaturityRatingFactory(content=titles[2], system="FSK", value="6")
    WindowFactory(content=titles[3], territory="DE", ends_at=now - DAY)
    indexed(*titles)
    for title in titles:
        for place in (None, "DE", "FR"):
            for limit in (None, 0, 6):
                where = {} if place is None else {"territory": place}
                of_age = {} if limit is None else {"maturity_lte": limit}
                public = {} if place is None else {"available_in": place}
                seen = api.get(f"/api/v1/content/{title.content_id}", {**public, **of_age})
                assert ask(title, **where, **of_age)["visible"] == (seen.status_code == 200)


def test_every_check_of_the_rule_has_its_reasons() -> None:
    assert list(REASONS) == [each.name for each in CHECKS]


def test_it_is_for_staff(
    stores: None, api: APIClient, editor: APIClient, as_viewer: Callable[[User], APIClient]
) -> None:
    url = url_of(ContentFactory())
    assert [client.get(url).status_code for client in (api, as_viewer(UserFactory()), editor)] == [
        401,
        403,
        200,
    ]
    assert editor.get(f"/api/v1/content/{uuid4()}/visibility").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        *("territory=de", "territory=XX", "at=now", "at=2026-02-30T00:00Z", "at="),
        *("at=0001-01-01T00:00:00%2B14:00", "at=10000-01-01T00:00:00Z", "at=%00", "maturity_lte=22"),
    ],
)
def test_what_cannot_be_asked_is_refused(stores: None, editor: APIClient, query: str) -> None:
    answer = editor.get(f"{url_of(ContentFactory())}?{query}")

    assert answer.status_code == 400
    assert {error["field"] for error in answer.json()["errors"]} == {query.partition("=")[0]}


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_any_moment_may_be_asked_about(stores: None, ask: Ask, at: str) -> None:
    title = ContentFactory()
    WindowFactory(content=title, territory="DE")
    indexed(title)

    assert check(ask(title, territory="DE", at=at), "window")["holds"] is True


def test_it_costs_the_same_whatever_the_title_has(stores: None, ask: Ask) -> None:
    bare, rich = ContentFactory(), ContentFactory()
    for number in range(30):
        start = AT + number * DAY
        WindowFactory(content=rich, territory="DE", starts_at=start, ends_at=start + DAY)
    indexed(bare, rich)
    ask(bare, maturity_lte=12)  # the levels of maturity are cached with it

    for title in (bare, rich):
        with CaptureQueriesContext(connections[CATALOG]) as queries:
            ask(title, territory="DE", maturity_lte=12)
        assert len(queries) == 4
