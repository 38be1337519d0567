"""What is found, in which order, and what is not."""

from collections import deque
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from catalog.models import AlternativeTitle, Content, Translation
from catalog.search import searching
from catalog.search.questions import Question
from catalog.search.rebuilding import documents_fill
from catalog.search.searching import titles_found
from catalog.services import contents_touch
from catalog.visibility import Audience
from streaming.stores.aliases import CATALOG
from tests.catalog.search.conftest import Titled, found, keep_statistics, names
from tests.catalog.search.explaining import rows_read
from tests.distributed import SHARDS
from tests.environment import DISTRIBUTED
from tests.factories import ContentFactory, MaturityRatingFactory, WindowFactory

URL = "/api/v1/search"


def test_the_tiers_stand_in_their_order(titled: Titled) -> None:
    titled("Night", rating_count=1)
    titled("Light", rating_count=10_000)
    titled("A Long Night", rating_count=10)
    titled("Stars", people=("Joan Night",), rating_count=1000)
    titled("Nightmares", rating_count=5000)
    titled("Dawn", summary="After a night of rain.", rating_count=90_000)
    titled("Other", rating_count=90_000)

    assert found("night") == [
        ("EXACT", "Night"),
        ("TITLE", "A Long Night"),
        ("PEOPLE", "Stars"),
        ("PREFIX", "Nightmares"),
        ("TEXT", "Dawn"),
    ]
    assert found("nihgt")[0] == ("SLIP", "Night")


def test_of_titles_about_as_close_the_popular_one_comes_first(titled: Titled) -> None:
    titled("Blue Night", rating_count=5)
    titled("Grey Night", rating_count=50_000)
    titled("A Very Long and Blue Night", rating_count=900_000)
    assert names("night") == ["Grey Night", "Blue Night", "A Very Long and Blue Night"]


def test_titles_in_every_language_and_alternative_ones_are_found(titled: Titled) -> None:
    content = titled("Money Heist", original_title="La casa de papel")
    Translation.objects.create(
        content=content, language="de", title="Haus des Geldes", summary_190="Ein Raub."
    )
    AlternativeTitle.objects.create(content=content, title="The House of Paper", country="GB")
    contents_touch([content.content_id])

    for exact in ("Money Heist", "LA CASA DE PAPEL", "haus des geldes", "The House of Paper"):
        assert found(exact) == [("EXACT", "Money Heist")], exact
    assert found("geldes haus") == [("TITLE", "Money Heist")]
    assert found("raub") == [("TEXT", "Money Heist")]


def test_every_word_of_a_person_or_a_genre_finds(titled: Titled) -> None:
    titled("One", people=("Penélope Cruz", "Javier Bardem"), genres=["Science Fiction"])
    titled("Two", people=("Penelope Wilton",), genres=["Drama"])
    assert found("cruz penelope") == [("PEOPLE", "One")]
    assert found("penelope one") == [("PEOPLE", "One")]
    assert found("fiction") == [("LABEL", "One")]
    assert found("penelpe cruz") == [("SPELLING", "One")]


@pytest.mark.parametrize(
    "typed", ["spiderman", "spider man", "SPIDER-MAN", "spidrman", "spider mna", "man spider"]
)
def test_words_joined_or_split_find(titled: Titled, typed: str) -> None:
    titled("Spider-Man: Far from Home")
    titled("Other")
    assert names(typed) == ["Spider-Man: Far from Home"]


def test_a_word_is_split_or_joined_where_that_makes_known_words(titled: Titled) -> None:
    titled("Moon Light Sonata")
    titled("Starlight Express")
    assert found("sonata moonlight") == [("SPELLING", "Moon Light Sonata")]
    assert found("star light express") == [("EXACT", "Starlight Express")]
    assert found("express star light") == [("SPELLING", "Starlight Express")]


def test_a_slip_that_makes_another_word_finds_the_title_that_was_meant(titled: Titled) -> None:
    """Both words are spelled well and a title has them, so that nothing but the whole title tells."""
    titled("The Crown")
    titled("The Crow: Salvation", rating_count=100_000)
    assert found("the crow") == [("SLIP", "The Crown"), ("TITLE", "The Crow: Salvation")]


def test_the_typo_step_is_not_taken_where_the_exact_step_brings_enough(titled: Titled) -> None:
    for number in range(searching.RICH):
        titled(f"Night {number}")
    keep_statistics()

    with CaptureQueriesContext(connections[CATALOG]) as queries:
        assert len(titles_found(text="night", audience=Audience.now())) == searching.RICH
    assert len(queries) == 1
    with CaptureQueriesContext(connections[CATALOG]) as queries:
        assert len(titles_found(text="nigth", audience=Audience.now())) == searching.RICH
    assert len(queries) == 3


@pytest.mark.parametrize(
    "title",
    [
        "Or",
        "Not Without My Daughter",
        '"Quoted" Title',
        "-Minus",
        "A & B | !C",
        "Life (Or Something:*)",
        "<-> A",
    ],
)
def test_what_a_query_language_would_read_is_read_as_words(titled: Titled, title: str) -> None:
    titled(title)
    titled("Unrelated")
    assert found(title) == [("EXACT", title)]


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "'",
            '"',
            "\\",
            "\\'",
            ":*",
            "a:*",
            "!",
            "&",
            "|",
            "<->",
            "( )",
            "%",
            "%s",
            "%(x)s",
            "{}",
            "$1",
            "';--",
        ),
        *("❤" * 200, "x" * 200, "a " * 100, "ab " * 66, "'a' & 'b'", "\ud800", "a\x00b", "\ufdfa" * 200),
        *(
            "or",
            "not",
            "or or or",
            "-",
            "--",
            "- a",
            '"a',
            "١٢٣",
            "ก็" * 100,
            "\u0301" * 200,
            "\u200b",
            "a" * 5000,
        ),
    ],
)
def test_no_question_is_an_error(titled: Titled, typed: str) -> None:
    titled("A Night")
    for hit in titles_found(text=typed, audience=Audience.now()):
        assert hit.content_id


def test_a_long_title_is_found_by_what_can_be_typed_of_it(titled: Titled) -> None:
    titled("Once " * 99)
    titled(("Once " * 99)[:-3] + "x")
    assert {tier for tier, _ in found(("Once " * 99)[:200])} == {"EXACT"}
    assert len(found("once")) == 2


def test_a_title_of_signs_is_found_by_them(titled: Titled) -> None:
    titled("❤️")
    titled("???")
    assert (found("❤"), found("???"), found("??")) == ([("EXACT", "❤️")], [("EXACT", "???")], [])


def test_only_what_the_audience_may_see_is_found(titled: Titled) -> None:
    open_to_all = titled("Night One")
    german, rated = titled("Night Two"), titled("Night Three")
    titled("Night Four", status="draft", published_at=None)
    later = titled("Night Five", published_at=Audience.now().at + timedelta(days=1))
    WindowFactory(content=german, territory="DE", starts_at=None, ends_at=None)
    MaturityRatingFactory(content=rated, system="MPA", value="R")
    contents_touch([german.content_id, rated.content_id])
    now = Audience.now()

    for typed in ("night", "nigth"):
        assert {title for _, title in found(typed, now)} == {"Night One", "Night Two", "Night Three"}
        assert {title for _, title in found(typed, replace(now, territory="FR"))} == {
            "Night One",
            "Night Three",
        }
        assert {title for _, title in found(typed, replace(now, labels=frozenset({"MPA:R"})))} == {
            "Night Three"
        }
        tomorrow = replace(now, at=now.at + timedelta(days=2))
        assert later.title in {title for _, title in found(typed, tomorrow)}
    assert found("Night Five", now) == []
    assert found("Night Four", now) == []
    assert found(open_to_all.title, now)[0] == ("EXACT", "Night One")


def test_pages_are_the_whole_list_cut_up(titled: Titled, api: APIClient) -> None:
    for number in range(7):
        titled(f"Night {number}", rating_count=number)
    titled("Stars", people=("Joan Night",))
    whole = api.get(URL, {"q": "night"}).json()
    assert (len(whole["results"]), whole["next"]) == (8, None)

    pages, url = [], f"{URL}?q=night&limit=3"
    while url:
        page = api.get(url).json()
        pages.append(page["results"])
        url = page["next"]

    assert [len(page) for page in pages] == [3, 3, 2]
    assert [card for page in pages for card in page] == whole["results"]
    assert {card["matched"] for card in whole["results"]} == {"title", "people"}


def test_a_question_is_needed_and_has_its_bounds(titled: Titled, api: APIClient) -> None:
    titled("A")
    for q in ("", "  ", "x" * 201, "a\x00"):
        answer = api.get(URL, {"q": q})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "q"), q
    assert api.get(URL).json()["errors"] == [
        {"field": "q", "code": "required", "detail": "This field is required."}
    ]
    assert api.get(URL, {"q": "!" * 200}).json() == {"results": [], "next": None}


@pytest.mark.parametrize("many", [1, 100])
def test_what_a_search_costs(stores: None, api: APIClient, many: int) -> None:
    """The exact step, how whole titles are spelled, three for the cards; two more where the words are corrected.
    Suggestions show what documents keep.
    """
    Content.objects.bulk_create(ContentFactory.build_batch(many, title="Night"))
    deque(documents_fill(), maxlen=0)
    keep_statistics()
    for url, cost in (
        (f"{URL}?q=night&limit=100", 5),
        (f"{URL}?q=nigth&limit=100", 6),
        (f"{URL}?q=night&limit=100&lang=de", 6),
        (f"{URL}/suggest?q=nig&limit=1", 1),
        (f"{URL}/suggest?q=nig&limit=1&lang=de", 1),
        (f"{URL}/suggest?q=ngiht", 3),
    ):
        with CaptureQueriesContext(connections[CATALOG]) as queries:
            assert api.get(url).json()["results"]
        assert len(queries) == cost, url


@pytest.mark.slow
def test_a_word_that_every_title_has_is_bounded_work(stores: None) -> None:
    """By the rows that PostgreSQL reads, not by time: of each shard's documents, which all match, some hundred.

    With other words beside it: on fewer than a hundred PostgreSQL guesses how many words begin with one.
    """
    titles = [ContentFactory.build(title="Night" if n < 200 else f"Night {n % 300}") for n in range(12_000)]
    Content.objects.bulk_create(titles, batch_size=1000)
    deque(documents_fill(), maxlen=0)
    with connections[CATALOG].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) search_documents")  # of what other tests deleted as well

    tiers = searching.exact_tiers(Question.of("night"), Audience.now())

    assert len(tiers.found()) == 5 * searching.MOST
    assert (
        5 * searching.MOST
        <= rows_read(tiers.statement())
        <= 5 * searching.MOST * (SHARDS if DISTRIBUTED else 1)
    )


@pytest.mark.slow
def test_a_word_of_summaries_alone_is_not_looked_for_along_all_titles(stores: None) -> None:
    """PostgreSQL took a word of every tenth summary to be as common in names, and read a million titles for none."""
    titles = [
        ContentFactory.build(title=f"Night {n % 300}", summary="Group" if n % 10 == 0 else f"Word {n % 300}")
        for n in range(12_000)
    ]
    Content.objects.bulk_create(titles, batch_size=1000)
    deque(documents_fill(), maxlen=0)
    with connections[CATALOG].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) search_documents")

    tiers = searching.exact_tiers(Question.of("group"), Audience.now())

    assert len(tiers.found()) == searching.MOST
    assert rows_read(tiers.statement()) <= 12 * searching.MOST * (SHARDS if DISTRIBUTED else 1)


def test_of_titles_that_differ_by_punctuation_the_one_as_typed_is_first(
    titled: Titled, api: APIClient
) -> None:
    for number, title in enumerate(("Start-Up", "StartUp", "Start Up!", "STÁRTUP")):
        titled(title, rating_count=1000 - number)

    def first(text: str, limit: str = "20") -> list[str]:
        return [card["title"] for card in api.get(URL, {"q": text, "limit": limit}).json()["results"]]

    assert first("startup")[:2] == ["StartUp", "STÁRTUP"]
    assert first("start up!")[0] == "Start Up!"
    assert first("START-UP")[0] == "Start-Up"
    assert first("startup", limit="1") == ["StartUp"]


@pytest.mark.parametrize("typed", ["man tto man", "kn kon kon", "aman to man"])
def test_a_slip_in_a_title_that_repeats_a_word_finds_it(titled: Titled, typed: str) -> None:
    titled("Man to Man")
    titled("Kon Kon Kon")
    titled("Woman")
    assert names(typed)[:1] == ["Kon Kon Kon" if typed.startswith("kn") else "Man to Man"]
