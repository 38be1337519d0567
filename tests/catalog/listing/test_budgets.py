"""The exact number of SQL statements of each list: the same for one title and for a hundred."""

from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from catalog.models import Collection, CollectionItem, Content, Credit
from streaming.stores import redis
from streaming.stores.aliases import CATALOG
from tests.factories import (
    CollectionFactory,
    CollectionItemFactory,
    ContentFactory,
    CreditFactory,
    GenreFactory,
    KeywordFactory,
    PersonFactory,
    StudioFactory,
    indexed,
)

# To what each costs with nothing in the cache, and again. A list is its page and, of the cards, titles and genres.
COSTS = {
    "content?limit=100": (3, 3),
    "content?limit=100&sort=-rating&year=1990..&runtime=..200&type=movie|series&rating_gte=1": (3, 3),
    "content?limit=100&genre=drama&not_genre=nothing": (4, 4),
    "content?limit=100&genre=drama&keyword=heist&studio=beta": (6, 6),
    "content?limit=100&person={person}": (4, 4),
    "content?limit=100&available_in=DE": (3, 3),
    "content?limit=100&facets=type": (5, 3),  # what is in the sample, and the counts
    "content?limit=100&facets=genre": (6, 3),  # and names
    "content?limit=100&facets=genre,type,year,country,keyword,studio": (13, 3),
    "genres": (3, 0),
    "keywords": (3, 0),
    "studios": (3, 0),
    "content/{content}/similar?limit=50": (9, 9),
    "collections?limit=100": (1, 1),
    "collections/{picked}?limit=100": (5, 5),
    "collections/{ruled}?limit=100": (5, 5),
}


@pytest.fixture(params=[1, 100])
def ids(stores: None, request: pytest.FixtureRequest) -> dict[str, object]:
    many: int = request.param
    genre, other = GenreFactory(name="Drama"), GenreFactory(name="Nothing")
    keyword, studio, person = KeywordFactory(name="heist"), StudioFactory(name="Beta"), PersonFactory()
    contents = ContentFactory.build_batch(many + 1, countries=["DE"])
    Content.objects.bulk_create(contents)
    links: tuple[tuple[Any, str, int], ...] = (
        (Content.genres.through, "genre_id", genre.pk),
        (Content.keywords.through, "keyword_id", keyword.pk),
        (Content.studios.through, "studio_id", studio.pk),
    )
    for through, column, key in links:
        through._default_manager.bulk_create(
            [through(content_id=content.content_id, **{column: key}) for content in contents]
        )
    Credit.objects.bulk_create([CreditFactory.build(content=content, person=person) for content in contents])
    picked = CollectionFactory()
    CollectionItem.objects.bulk_create(
        [CollectionItemFactory.build(content=content, collection=picked) for content in contents]
    )
    ruled = CollectionFactory(rule="genre=Drama")
    Collection.objects.bulk_create(CollectionFactory.build_batch(many))
    indexed(*contents)
    return {
        "person": person.pk,
        "content": contents[0].content_id,
        "picked": picked.pk,
        "ruled": ruled.pk,
        "other": other.pk,
    }


def test_what_lists_cost(ids: dict[str, object], api: APIClient) -> None:
    for path, budgets in COSTS.items():
        redis.cache().flushdb()
        for budget in budgets:
            with CaptureQueriesContext(connections[CATALOG]) as spent:
                answer = api.get(f"/api/v1/{path.format(**ids)}")
            assert answer.status_code == 200, answer.content
            assert answer.json()["results"], path
            assert len(spent) == budget, (path, [query["sql"][:200] for query in spent.captured_queries])
