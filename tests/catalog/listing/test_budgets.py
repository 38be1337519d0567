"""The exact number of SQL statements of each list: the same for one title and for a hundred."""

from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from catalog.models import Collection, CollectionItem, Content, Credit
from catalog.samples import forget_samples
from streaming.stores import redis
from streaming.stores.aliases import CATALOG
from tests.factories import (
    ArtworkFactory,
    CollectionFactory,
    CollectionItemFactory,
    ContentFactory,
    CreditFactory,
    ExternalIdFactory,
    GenreFactory,
    KeywordFactory,
    PersonFactory,
    StudioFactory,
    TranslationFactory,
    indexed,
)

# To what each costs with nothing in the cache, and again. A list is where milestones are, its page and, of the cards,
# titles, posters and genres; with a language, translations. Of names that a title need not have, and of an empty list,
# it is asked which the public knows: one for each kind of them, and one.
EMPTY = (
    *("content?genre=drama&year=1800", "content?genre=drama,other&limit=100"),
    *("content?not_genre=drama|other", "content?keyword=rare&available_in=DE&runtime=9999"),
)
COSTS = {
    "content?limit=100": (5, 4),
    "content?limit=100&lang=de-AT,en": (6, 5),
    "content?limit=100&sort=-rating&year=1990..&runtime=..200&type=movie|series&rating_gte=1": (5, 4),
    "content?limit=100&genre=drama&not_genre=other": (8, 7),
    "content?limit=100&genre=drama|other&keyword=heist|rare&studio=beta|small": (12, 11),
    "content?limit=100&genre=drama&keyword=heist&studio=beta": (8, 7),
    "content?limit=100&person={person}": (6, 5),
    "content?limit=100&available_in=DE": (5, 4),
    "content?limit=100&facets=type": (8, 4),  # the next change, what is in the sample, the counts
    "content?limit=100&facets=genre": (9, 4),  # and names
    "content?limit=100&facets=genre&lang=de": (10, 5),
    "content?limit=100&facets=genre,type,year,country,keyword,studio": (16, 4),
    "genres": (4, 0),
    "keywords": (4, 0),
    "studios": (4, 0),
    "content/{content}/similar?limit=50": (11, 10),
    "content/{content}/similar?limit=50&lang=de-AT,en": (12, 11),
    "collections?limit=100": (1, 1),
    "collections/{picked}?limit=100": (6, 6),
    "collections/{picked}?limit=100&lang=de-AT,en": (7, 7),
    "collections/{ruled}?limit=100": (7, 6),
    "collections/{ruled}?limit=100&lang=de-AT,en": (8, 7),
    **dict.fromkeys(EMPTY, (5, 4)),
    "lookup/imdb/{imdb}": (3, 3),
    "lookup/imdb/{imdb}?lang=de-AT,en": (4, 4),
}


@pytest.fixture(params=[1, 100])
def ids(stores: None, request: pytest.FixtureRequest) -> dict[str, object]:
    many: int = request.param
    genre = GenreFactory(name="Drama")
    keyword, studio, person = KeywordFactory(name="heist"), StudioFactory(name="Beta"), PersonFactory()
    contents = ContentFactory.build_batch(many + 1, countries=["DE"])
    Content.objects.bulk_create(contents)
    for factory in (ArtworkFactory, TranslationFactory):
        rows = [
            factory.build(content=content, language=language)
            for content in contents
            for language in ("de", "en")
        ]
        factory._meta.model._default_manager.bulk_create(rows)
    external = ExternalIdFactory(content=contents[0])
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
    aside = ContentFactory()
    aside.genres.add(GenreFactory(name="Other"))
    aside.keywords.add(KeywordFactory(name="rare"))
    aside.studios.add(StudioFactory(name="Small"))
    picked = CollectionFactory()
    CollectionItem.objects.bulk_create(
        [CollectionItemFactory.build(content=content, collection=picked) for content in contents]
    )
    ruled = CollectionFactory(rule="genre=Drama")
    Collection.objects.bulk_create(CollectionFactory.build_batch(many))
    indexed(*contents, aside)
    return {
        "person": person.pk,
        "content": contents[0].content_id,
        "picked": picked.pk,
        "ruled": ruled.pk,
        "imdb": external.value,
    }


def test_what_lists_cost(ids: dict[str, object], api: APIClient) -> None:
    for path, budgets in COSTS.items():
        redis.cache().flushdb()
        forget_samples()
        for budget in budgets:
            with CaptureQueriesContext(connections[CATALOG]) as spent:
                answer = api.get(f"/api/v1/{path.format(**ids)}")
            assert answer.status_code == 200, answer.content
            assert path.startswith("lookup") or bool(answer.json()["results"]) == (path not in EMPTY), path
            assert len(spent) == budget, (path, [query["sql"][:200] for query in spent.captured_queries])
