"""A page that ends at the longest of names has a next one: cursors hold names whole, and are bounded all the same."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from catalog.models import Content
from catalog.services import collection_save
from tests.factories import CollectionFactory, ContentFactory, CreditFactory, PersonFactory, indexed

# Of one byte, two, three and four in UTF-8; what JSON writes in two or six.
SIGNS = ("a", "ж", "日", "\U00020000", "0")
CONTROL = ("\x01", '"', "\\", "\U0001f3ac", "é")
LONGEST_TITLE = Content._meta.get_field("title").max_length or 0


def on_pages(api: APIClient, url: str, part: str = "") -> list[dict[str, Any]]:
    """All results, a page for each."""
    found: list[dict[str, Any]] = []
    following: str | None = f"/api/v1/{url}{'&' if '?' in url else '?'}limit=1"
    while following:
        answer = api.get(following)
        assert answer.status_code == 200, answer.content[:300]
        body = answer.json()[part] if part else answer.json()
        assert len(body["results"]) == 1
        found += body["results"]
        following = body["next"]
    return found


@pytest.fixture
def titles(stores: None) -> list[Content]:
    """Three of each sign, as long as titles may be and alike but for the last sign."""
    made = [
        ContentFactory(title=sign * (LONGEST_TITLE - 1) + str(last)) for sign in SIGNS for last in range(3)
    ]
    made += [ContentFactory(title=sign * LONGEST_TITLE) for sign in CONTROL]
    person = PersonFactory()
    for title in made:
        CreditFactory(content=title, person=person)
    indexed(*made)
    return made


@pytest.mark.parametrize("sort", ["title", "-title"])
def test_lists_go_on_behind_the_longest_title(titles: list[Content], api: APIClient, sort: str) -> None:
    ruled = collection_save(collection=CollectionFactory.build(rule=f"type=movie&sort={sort}"))

    listed = [card["title"] for card in on_pages(api, f"content?sort={sort}")]
    in_collection = [card["title"] for card in on_pages(api, f"collections/{ruled.collection_id}")]

    assert sorted(listed) == sorted(title.title for title in titles)
    assert in_collection == listed
    whole = api.get(f"/api/v1/content?sort={sort}&limit=100").json()["results"]
    assert [card["title"] for card in whole] == listed
    if sort == "-title":
        assert [
            card["title"] for card in api.get("/api/v1/content?sort=title&limit=100").json()["results"]
        ] == (listed[::-1])


def test_search_and_filmographies_do(titles: list[Content], api: APIClient) -> None:
    person = titles[0].credits.get().person
    for sign in ("日", "\U00020000"):
        found = on_pages(api, f"search?q={sign * 20}")
        assert {card["title"] for card in found} == {
            title.title for title in titles if title.title.startswith(sign)
        }

    films = on_pages(api, f"people/{person.person_id}", "filmography")

    assert {film["content_id"] for film in films} == {str(title.content_id) for title in titles}


def test_collections_go_on_behind_the_longest_name(stores: None, api: APIClient) -> None:
    longest = CollectionFactory._meta.model._meta.get_field("name").max_length
    made = [CollectionFactory(name=sign * longest) for sign in (*SIGNS, *CONTROL)]

    found = on_pages(api, "collections")

    assert sorted(each["name"] for each in found) == sorted(each.name for each in made)


def test_a_cursor_longer_than_any_is_refused(titles: list[Content], api: APIClient) -> None:
    for url, most in (("content?sort=title", 4500), ("collections?limit=1", 2540), ("search?q=a", 500)):
        answer = api.get(f"/api/v1/{url}&cursor={'a' * (most + 1)}")

        assert answer.status_code == 400
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
            ("cursor", "max_length")
        ]
