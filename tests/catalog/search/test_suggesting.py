"""What is suggested while somebody types."""

import random
from collections import deque

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from catalog import milestones
from catalog.languages import chain_of
from catalog.models import Content, SearchDocument
from catalog.search.matching import Sql
from catalog.search.rebuilding import documents_fill, documents_rebuild
from catalog.search.suggesting import CANDIDATES, suggestions
from catalog.selectors import title_cards
from catalog.visibility import Audience
from streaming.stores.aliases import CATALOG
from tests.catalog.search.conftest import Titled
from tests.catalog.search.explaining import rows_read
from tests.environment import DISTRIBUTED
from tests.factories import ArtworkFactory, ContentFactory, TranslationFactory, indexed

URL = "/api/v1/search/suggest"


def suggested(text: str, limit: int = 10) -> list[str]:
    found = suggestions(text=text, audience=Audience.now(), limit=limit, chain=())
    return [each["title"] for each in found]


@pytest.fixture
def shelf(titled: Titled) -> None:
    titled("Stranger Things", content_type="series", rating_count=1_000_000)
    titled("Perfect Strangers", rating_count=90_000)
    titled("Strange", rating_count=5)
    titled("Él", original_title="Este Extraño")
    titled("Moonlight", rating_count=70_000)
    titled("The Crown")
    titled("13 Reasons")
    titled("The Strangest Night", status="draft", published_at=None)


@pytest.mark.usefixtures("first_milestone", "all_are_sampled")
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("stra", ["Stranger Things", "Strange", "Perfect Strangers"]),
        ("STRANGE", ["Strange", "Stranger Things", "Perfect Strangers"]),
        ("stranger th", ["Stranger Things"]),
        ("thi", ["Stranger Things"]),
        ("things str", ["Stranger Things"]),
        ("extran", ["Él"]),
        ("el", ["Él"]),
        ("moon light", ["Moonlight"]),
        ("strnag", ["Stranger Things", "Strange", "Perfect Strangers"]),
        ("strrange", ["Strange", "Stranger Things", "Perfect Strangers"]),
        ("stranegr th", ["Stranger Things"]),
        ("perfct stra", ["Perfect Strangers"]),
        ("teh crow", ["The Crown"]),
        ("teh crown", ["The Crown"]),
        ("the crwon", ["The Crown"]),
        ("12 reasons", ["13 Reasons"]),
        ("nothing", []),
        ("…", []),
    ],
)
def test_a_beginning_finds(shelf: None, typed: str, expected: list[str]) -> None:
    assert suggested(typed) == expected


def test_a_suggestion_says_what_tells_titles_of_one_name_apart(titled: Titled, api: APIClient) -> None:
    titled("Dune", release_date="1984-12-14", rating_count=10)
    new = titled(
        "Dune", release_date="2021-10-22", rating_count=100, thumbnail_url="https://example.org/dune.jpg"
    )

    results = api.get(URL, {"q": "dun"}).json()["results"]

    assert [(each["title"], each["year"]) for each in results] == [("Dune", 2021), ("Dune", 1984)]
    assert results[0] == {
        "content_id": str(new.content_id),
        "title": "Dune",
        "content_type": "movie",
        "year": 2021,
        "thumbnail_url": "https://example.org/dune.jpg",
        "original_language": "",
        "languages": {"title": ""},
    }


def test_suggestions_say_what_cards_say(titled: Titled) -> None:
    """Though their texts and pictures come from documents: of the language asked for, else as the title has it."""
    rng = random.Random(3)
    languages = ("pt", "pt-BR", "de", "en", "ja")
    contents = [
        titled(
            f"Ferry {number}",
            original_language=rng.choice(("", *languages)),
            thumbnail_url=rng.choice(("", f"https://own.example/{number}.jpg")),
            release_date=rng.choice((None, "1999-12-31")),
        )
        for number in range(10)
    ]
    for content in contents:
        for language in rng.sample(languages, rng.randint(0, 4)):
            title = rng.choice(("", f"{content.title} in {language}"))
            TranslationFactory(content=content, language=language, title=title)
        for language in rng.sample(("", *languages), rng.randint(0, 4)):
            ArtworkFactory(content=content, language=language)
    indexed(*contents)
    said = ("content_id", "title", "content_type", "year", "thumbnail_url", "original_language")
    seen = set()

    for asked in ([], ["pt-BR"], ["de", "en"], ["fr"], ["ja", "pt"]):
        chain = chain_of(asked)
        found = suggestions(text="ferry", audience=Audience.now(), limit=10, chain=chain)
        cards = title_cards(content_ids=[each["content_id"] for each in found], chain=chain)
        assert len(found) == 10
        assert found == [
            {**{name: card[name] for name in said}, "languages": {"title": card["languages"]["title"]}}
            for card in cards
        ]
        seen |= {(each["title"], each["thumbnail_url"]) for each in found}

    assert len(seen) > 20


def test_a_document_of_before_is_not_suggested_until_it_is_rebuilt(titled: Titled) -> None:
    titled("Night Ferry")
    old = titled("Night Train")
    SearchDocument.objects.filter(content_id=old.content_id).update(shown=None)
    assert suggested("night") == ["Night Ferry"]

    documents_rebuild()

    assert sorted(suggested("night")) == ["Night Ferry", "Night Train"]


def test_a_title_typed_whole_is_among_them_however_many_begin_so(titled: Titled) -> None:
    titled("The", rating_count=0)
    for number in range(CANDIDATES + 1):
        titled(f"The {number}", rating_count=1000)
    assert suggested("the")[0] == "The"
    assert len(suggested("the")) == 10


def test_bounds_are_told(titled: Titled, api: APIClient) -> None:
    titled("Night")
    for query, field in (("q=", "q"), ("q=a&limit=11", "limit"), (f"q={'x' * 201}", "q")):
        answer = api.get(f"{URL}?{query}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    assert len(api.get(f"{URL}?q=n&limit=1").json()["results"]) == 1


@pytest.mark.slow
@pytest.mark.skipif(
    DISTRIBUTED, reason="a shard of a few hundred titles is read whole: that is less than its indexes"
)
@pytest.mark.parametrize("typed", ["scot", "nigh", "scto"])
def test_a_beginning_of_many_titles_and_of_no_popular_one_is_bounded_work(
    stores: None, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    """By the rows that PostgreSQL reads: the popular titles, or those that have it, not half of all."""
    monkeypatch.setattr(milestones, "FIRST", 500)
    monkeypatch.setattr(milestones, "SHARE", 1)
    titles = [
        ContentFactory.build(
            title=f"Scot {n % 90}" if n % 40 == 0 else f"Night {n % 300}", rating_count=20_000 - n
        )
        for n in range(12_000)
        if n % 40 or n > 6000
    ]
    Content.objects.bulk_create(titles, batch_size=1000)
    deque(documents_fill(), maxlen=0)
    with connections[CATALOG].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) search_documents")

    with CaptureQueriesContext(connections[CATALOG]) as asked:
        assert len(suggested(typed)) == 10

    statements = [each["sql"] for each in asked if "keys" in each["sql"]]
    assert 1 <= len(statements) <= 4  # as typed and corrected, each of the popular titles and of all
    read = [rows_read(Sql(statement.replace("%", "%%"), ())) for statement in statements]
    assert max(read) <= 500, read
