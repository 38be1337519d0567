"""Cursors: of one question only, and each value read by its own reader."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from rest_framework.exceptions import ValidationError
from rest_framework.test import APIClient

from analytics.models import User
from streaming.api.pages import (
    cursor_of,
    finite,
    instant,
    parse_cursor,
    plain_text,
    question_of,
    whole_number,
)
from tests.api.test_hostile_input import ANY_ID, cursor
from tests.factories import (
    CollectionFactory,
    CollectionItemFactory,
    ContentFactory,
    CreditFactory,
    EpisodeFactory,
    PersonFactory,
    ReviewFactory,
    SeasonFactory,
    UserFactory,
    WatchHistoryFactory,
    indexed,
)
from tests.walking import next_of

HERE = question_of("here")
NO_MOMENTS: tuple[Any, ...] = (
    *("0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "2020-02-30T00:00Z", "2020-01-01T00:00:00"),
    *("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "infinity", "now", "NaN"),
    *(1, None, [], {"$gt": 0}),
)
NO_IDS: tuple[Any, ...] = ("nope", None, 1, [], "\x00", ANY_ID + "0")
WRONG: dict[str, tuple[Callable[[str], Any], tuple[Any, ...]]] = {
    "moments": (instant, NO_MOMENTS),
    "ids": (UUID, NO_IDS),
    "numbers": (finite, ("nan", "inf", "-Infinity", "1e400", "", "one", 1, None)),
    "whole numbers": (whole_number, ("-1", "1.0", "1_0", "\u0661", "9" * 19, "", 1)),
    "texts": (plain_text, ("\x00", "a\x00b", 1, None)),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_value_that_its_reader_does_not_take_is_refused(kind: str) -> None:
    reader, values = WRONG[kind]
    for value in values:
        with pytest.raises(ValidationError) as refused:
            parse_cursor(cursor([HERE, value]), HERE, reader, field="since")
        assert refused.value.get_codes() == {"since": "invalid_cursor"}, value


def test_a_cursor_gives_back_what_it_was_made_of_to_its_own_question_only() -> None:
    made = cursor_of(HERE, 1.5, UUID(int=7), "ü")

    assert parse_cursor(made, HERE, finite, UUID, plain_text) == (1.5, UUID(int=7), "ü")
    assert parse_cursor(None, HERE, finite, UUID, plain_text) is None
    for question, readers in ((question_of("there"), (finite, UUID, plain_text)), (HERE, (finite, UUID))):
        with pytest.raises(ValidationError):
            parse_cursor(made, question, *readers)
    # What parts are joined by is in none of them.
    assert len({question_of("a", "b"), question_of("ab"), question_of("a,b"), question_of("b", "a")}) == 4


def test_every_list_refuses_a_cursor_of_the_same_list_of_something_else(
    replicated: Callable[[], None], api: APIClient, as_viewer: Callable[[User], APIClient]
) -> None:
    """Keeps away a page that begins at a place of another search, person or season."""
    for name in ("Night", "Day"):
        indexed(*ContentFactory.create_batch(2, title=name))
    series, other_series = (ContentFactory(content_type="series") for _ in range(2))
    for each in (series, other_series):
        for number in (1, 2):
            SeasonFactory(content=each, number=number)
            for place in (1, 2):
                EpisodeFactory(content=each, season_number=number, number=place)
            ReviewFactory(content_id=each.content_id)
    person, other_person = PersonFactory(), PersonFactory()
    picked, other_picked = CollectionFactory(), CollectionFactory()
    for title in ContentFactory.create_batch(2):
        indexed(title)
        for each in (person, other_person):
            CreditFactory(person=each, content=title)
        for each in (picked, other_picked):
            CollectionItemFactory(collection=each, content=title)
    ruled = CollectionFactory(rule="type=movie")
    staff = UserFactory(is_staff=True)
    viewer = UserFactory()
    for each in (viewer, staff):
        WatchHistoryFactory.create_batch(2, user=each)
    replicated()
    lists = [
        ("search?q=night", "search?q=day"),
        (f"content/{series.content_id}/seasons", f"content/{other_series.content_id}/seasons"),
        (
            f"content/{series.content_id}/seasons/1/episodes",
            f"content/{series.content_id}/seasons/2/episodes",
        ),
        (
            f"content/{series.content_id}/seasons/1/episodes",
            f"content/{series.content_id}/seasons/1/episodes?order=story",
        ),
        (f"content/{series.content_id}/reviews", f"content/{other_series.content_id}/reviews"),
        (f"people/{person.person_id}", f"people/{other_person.person_id}"),
        (f"collections/{picked.collection_id}", f"collections/{other_picked.collection_id}"),
        (f"collections/{ruled.collection_id}", "content?type=movie"),
        ("content?type=movie", f"collections/{ruled.collection_id}"),
        ("content/ids", "content/users/ids"),
        (f"content/users/{viewer.user_id}/watch-history", f"content/users/{staff.user_id}/watch-history"),
    ]
    client = as_viewer(staff)
    for here, there in lists:
        first = client.get(f"/api/v1/{with_(here, limit='1')}")
        assert first.status_code == 200, (here, first.content)
        following = next_page(first)
        assert following, here
        assert client.get(following).status_code == 200, here
        mark = following.split("cursor=")[1].split("&")[0]
        answer = client.get(f"/api/v1/{with_(there, cursor=mark)}")
        assert answer.status_code == 400, (here, there)
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
            ("cursor", "invalid_cursor")
        ]


def with_(url: str, **query: str) -> str:
    """The address with a parameter more."""
    return url + ("&" if "?" in url else "?") + "&".join(f"{name}={value}" for name, value in query.items())


def next_page(answer: Any) -> str | None:
    """Where the page after is, whichever way the list says so."""
    if isinstance(body := answer.json(), list):
        return next_of(answer)
    return body["next"] if "next" in body else body["filmography"]["next"]
