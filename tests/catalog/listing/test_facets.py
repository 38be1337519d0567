"""Counts: cached by what they depend on, estimated where they would be of very many, never of what is hidden."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from catalog.listing import facets
from catalog.models import Content, Genre, SearchDocument
from catalog.services import contents_set_status, term_save, terms_delete
from catalog.terms import TERMS
from streaming.stores import redis
from streaming.stores.aliases import CATALOG
from tests.catalog.listing.world import World, expected, expected_counts, values_of

LIST = "/api/v1/content"


def counts_of(api: APIClient, query: str, facet: str) -> dict[str, int]:
    answer = api.get(f"{LIST}?{query}&facets={facet}&limit=1")
    assert answer.status_code == 200, answer.content
    return {each["value"]: each["count"] for each in answer.json()["facets"][facet]}


def test_a_facet_ignores_its_own_choice_and_no_other(world: World, api: APIClient) -> None:
    drama = str(world.ids["genre"]["Drama"])

    every = counts_of(api, "genre=Drama", "genre")
    movies = counts_of(api, "genre=Drama&type=movie", "genre")
    without = counts_of(api, "genre=Drama&not_genre=Horror", "genre")

    assert every == expected_counts(world, {}, "genre")
    assert movies == expected_counts(world, {"type": "movie"}, "genre")
    assert movies[drama] < every[drama]
    assert str(world.ids["genre"]["Horror"]) not in without


def test_values_are_named_and_those_of_most_titles_are_first(world: World, api: APIClient) -> None:
    found = api.get(f"{LIST}?facets=genre,type,year,country,keyword,studio").json()

    assert found["estimated"] == []
    for name, values in found["facets"].items():
        counts = [each["count"] for each in values]
        assert counts == sorted(counts, reverse=True), name
        if name in world.ids:
            assert {each["name"]: int(each["value"]) for each in values} == world.ids[name]
        else:
            assert all(each["name"] == each["value"] for each in values)


def test_a_change_of_a_title_is_counted_at_once(world: World, api: APIClient) -> None:
    before = counts_of(api, "keyword=robot", "type")
    (key,) = redis.cache().keys("catalog:counts:type:*")
    assert 0 < redis.cache().pttl(key) <= facets.COUNTED_SECONDS * 1000
    with CaptureQueriesContext(connections[CATALOG]) as queries:
        assert counts_of(api, "keyword=robot&sort=title", "type") == before
    assert not [query for query in queries if "GROUP BY" in query["sql"]]

    contents_set_status(
        content_ids=expected(world, {"keyword": "robot", "type": "movie"}), status=Content.Status.ARCHIVED
    )

    assert before["movie"]
    assert "movie" not in counts_of(api, "keyword=robot", "type")


@pytest.mark.parametrize("seconds", [10, -10])
def test_a_count_ends_when_time_changes_what_is_counted(world: World, api: APIClient, seconds: int) -> None:
    """In ten seconds; or ten seconds ago, of which the worker has not heard yet."""
    Content.objects.update(next_change_at=None)
    soon = timezone.now() + timedelta(seconds=seconds)
    Content.objects.filter(content_id=world.titles[0].id).update(next_change_at=soon)

    counts_of(api, "keyword=robot", "type")

    left = [redis.cache().pttl(key) for key in redis.cache().keys("catalog:counts:type:*")]
    assert all(0 < milliseconds <= 10_000 for milliseconds in left)
    assert len(left) == (1 if seconds > 0 else 0)


def test_a_genre_that_is_renamed_is_named_so_at_once(world: World, api: APIClient) -> None:
    api.get("/api/v1/genres")
    genre = Genre.objects.get(name="Western")
    genre.name = "Westerns"
    term_save(term=genre)

    names = [each["name"] for each in api.get("/api/v1/genres").json()["results"]]

    assert "Westerns" in names and "Western" not in names


@pytest.mark.parametrize("kind", ["genre", "keyword", "studio"])
def test_what_is_deleted_is_listed_no_more(world: World, api: APIClient, kind: str) -> None:
    """Keeps away: its bare key as a name, and a value that the list itself refuses, until the worker's next round."""
    key = max(world.ids[kind].values())
    before = api.get(f"/api/v1/{kind}s").json()["results"]
    listed = counts_of(api, "", kind)
    terms_delete(model=TERMS[f"{kind}s"], keys=[key])

    after = api.get(f"/api/v1/{kind}s").json()["results"]
    left = counts_of(api, "", kind)

    assert SearchDocument.objects.filter(**{f"{kind}_ids__contains": [key]}).exists(), "a round is to come"
    assert after == [each for each in before if each["id"] != key] != before
    assert left == {value: count for value, count in listed.items() if value != str(key)} != listed


def test_of_very_many_titles_a_sample_is_counted(
    world: World, api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "MOST_COUNTED", 60)
    monkeypatch.setattr(facets, "SHARE", 2)

    answer = api.get(f"{LIST}?facets=type,genre&limit=1").json()
    few = api.get(f"{LIST}?genre=Drama&type=movie&facets=year&limit=1").json()

    sampled = {content_id for content_id in expected(world, {}) if content_id < UUID(int=2**127)}
    for facet in ("type", "genre"):
        counted: dict[str, int] = {}
        for title in world.titles:
            for value in values_of(title, facet, world) if title.id in sampled else ():
                counted[value] = counted.get(value, 0) + 2
        assert {each["value"]: each["count"] for each in answer["facets"][facet]} == counted
    assert answer["estimated"] == ["type", "genre"]
    assert few["estimated"] == []
    assert {each["value"]: each["count"] for each in few["facets"]["year"]} == expected_counts(
        world, {"genre": "Drama", "type": "movie"}, "year"
    )


@pytest.mark.parametrize("kind", ["genre", "keyword", "studio"])
def test_terms_are_those_that_public_titles_have(world: World, api: APIClient, kind: str) -> None:
    Genre.objects.create(name="Of nothing")

    for query in ("", "available_in=FR", "maturity_lte=12&available_in=DE"):
        answer: dict[str, Any] = api.get(f"/api/v1/{kind}s?{query}").json()
        parameters = dict(part.split("=") for part in query.split("&") if part)
        assert {str(each["id"]): each["count"] for each in answer["results"]} == expected_counts(
            world, parameters, kind
        )
        assert {each["name"]: each["id"] for each in answer["results"]} == world.ids[kind]
        assert answer["estimated"] is False
