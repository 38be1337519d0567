"""Titles like one title, and why."""

from datetime import date
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from catalog import similar
from catalog.models import Content, Keyword
from tests.factories import ContentFactory, CreditFactory, PersonFactory, WindowFactory, indexed


def similar_to(api: APIClient, content: Content, query: str = "") -> list[dict[str, object]]:
    answer = api.get(f"/api/v1/content/{content.content_id}/similar?{query}")
    assert answer.status_code == 200, answer.content
    found: list[dict[str, object]] = answer.json()["results"]
    return found


def titles(found: list[dict[str, object]]) -> list[object]:
    return [card["title"] for card in found]


@pytest.fixture
def heat(stores: None) -> Content:
    """And titles that share more or less with it."""
    pacino, mann = PersonFactory(name="Al Pacino"), PersonFactory(name="Michael Mann")
    heist = Keyword.objects.create(name="heist")
    heat = ContentFactory(title="Heat", genres=["Crime", "Drama"], release_date=date(1995, 12, 15))
    insider = ContentFactory(title="The Insider", genres=["Drama"], release_date=date(1999, 11, 5))
    ronin = ContentFactory(title="Ronin", genres=["Crime"], release_date=date(1998, 9, 25))
    old = ContentFactory(title="Old", genres=["Crime"], release_date=date(1931, 1, 1))
    new = ContentFactory(title="New", genres=["Crime"], release_date=None, content_type="series")
    other = ContentFactory(title="Cartoon", genres=["Animation"], release_date=date(1995, 12, 15))
    hidden = ContentFactory(title="Draft", genres=["Crime", "Drama"], status="draft")
    later = ContentFactory(title="Not here", genres=["Crime", "Drama"])
    WindowFactory(content=later, territory="FR")
    for content, people in ((heat, [pacino, mann]), (insider, [pacino, mann]), (hidden, [pacino])):
        for person in people:
            CreditFactory(content=content, person=person)
    for content in (heat, ronin):
        content.keywords.add(heist)
    indexed(heat, insider, ronin, old, new, other, hidden, later)
    return heat


@pytest.mark.usefixtures("first_milestone")
def test_what_shares_more_is_first_and_says_what(heat: Content, api: APIClient) -> None:
    found = similar_to(api, heat, "available_in=DE")

    assert titles(found) == ["Ronin", "The Insider", "Old", "New"]
    assert [[(reason["kind"], reason["name"]) for reason in card["reasons"]] for card in found] == [  # type: ignore[attr-defined]
        [("keyword", "heist"), ("genre", "Crime")],
        [("person", "Al Pacino"), ("person", "Michael Mann"), ("genre", "Drama")],
        [("genre", "Crime")],
        [("genre", "Crime")],
    ]


def test_what_the_audience_may_not_see_is_not_similar_and_has_nothing_similar(
    heat: Content, api: APIClient
) -> None:
    assert "Not here" in titles(similar_to(api, heat))
    assert "Not here" not in titles(similar_to(api, heat, "available_in=DE"))
    draft, later = (Content.objects.get(title=title) for title in ("Draft", "Not here"))
    for content_id, query in ((draft.content_id, ""), (later.content_id, "available_in=DE"), (uuid4(), "")):
        answer = api.get(f"/api/v1/content/{content_id}/similar?{query}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.usefixtures("first_milestone")
def test_of_the_same_likeness_the_more_popular_is_first(stores: None, api: APIClient) -> None:
    known = {
        f"T{votes}": ContentFactory(title=f"T{votes}", genres=["War"], rating_count=votes)
        for votes in (5, 900, 70)
    }
    one = ContentFactory(genres=["War"])
    indexed(one, *known.values())

    assert titles(similar_to(api, one)) == ["T900", "T70", "T5"]
    assert titles(similar_to(api, one, "limit=2")) == ["T900", "T70"]


@pytest.mark.usefixtures("first_milestone")
def test_only_the_most_popular_candidates_are_weighed(
    stores: None, api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(similar, "MOST_OF_EACH", 2)
    many = [ContentFactory(title=f"T{votes}", genres=["War"], rating_count=votes) for votes in (1, 20, 300)]
    one = ContentFactory(genres=["War"])
    indexed(one, *many)

    assert titles(similar_to(api, one)) == ["T300", "T20"]


def test_a_title_that_shares_nothing_has_nothing_similar(stores: None, api: APIClient) -> None:
    bare, other = ContentFactory(), ContentFactory()
    indexed(bare, other)

    assert similar_to(api, bare) == []
