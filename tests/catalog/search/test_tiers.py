"""Which words are common, that it decides the work of a search and never what is found."""

import random
from collections import deque

import pytest
from django.db import connections

from catalog import milestones
from catalog.models import Content
from catalog.search import searching, shares
from catalog.search.rebuilding import documents_fill
from catalog.search.searching import Question, titles_found
from catalog.search.shares import Shares, Words
from catalog.search.suggesting import suggestions
from catalog.search.tiers import Tiers
from catalog.visibility import Audience
from streaming.stores import redis
from streaming.stores.aliases import CATALOG
from tests.catalog.search.explaining import rows_read
from tests.environment import DISTRIBUTED
from tests.factories import ContentFactory

MANY = 12_000


@pytest.fixture
def all_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "SHARE", 1)
    monkeypatch.setattr(shares, "SAMPLED", MANY)


def fill(titles: list[Content]) -> None:
    Content.objects.bulk_create(titles, batch_size=1000)
    deque(documents_fill(), maxlen=0)
    with connections[CATALOG].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) search_documents")  # of what other tests deleted as well


@pytest.mark.usefixtures("all_are_sampled")
@pytest.mark.parametrize(
    ("words", "column", "expected"),
    [
        (Words.every(["night"]), "titles", True),
        (Words.every(["film"]), "titles", False),  # which only summaries say
        (Words.every(["film"]), "named", False),
        (Words.every(["film"]), "document", True),
        (Words.every(["night", "film"]), "document", True),
        (Words.every(["night", "once"]), "document", False),  # all of them, so as rare as the rarest
        (Words.every(["unheard"]), "document", False),
        (Words([["unheard", "once", "night"]]), "titles", True),  # any of them, so as common as all together
        (Words([["rare0", "unheard"]]), "titles", False),
        (Words([["rare0", "rare1"]]), "titles", True),
        (Words([["night once"]]), "titles", False),
        (Words.every(["nig"]), "titles", False),
        (Words.every(["nig"], begins=True), "titles", True),
        (Words.every(["night", "rar"], begins=True), "titles", True),
        (Words.every(["onc"], begins=True), "titles", False),
        (Words.every(["rare1"], begins=True), "titles", False),
    ],
)
def test_a_word_is_common_where_one_title_in_a_hundred_has_it(
    stores: None, words: Words, column: str, expected: bool
) -> None:
    Content.objects.bulk_create(
        ContentFactory.build(
            title=f"Night rare{n % 5}" if n < 25 else "Once" if n == 25 else f"Night {n}",
            summary="A film" if n % 3 else "",
        )
        for n in range(1000)
    )
    deque(documents_fill(), maxlen=0)
    assert Shares().common(words, column) is expected


def test_of_a_few_sampled_titles_nothing_is_told(stores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "SHARE", 1)
    Content.objects.bulk_create(ContentFactory.build_batch(shares.FEWEST - 1, title="Night"))
    deque(documents_fill(), maxlen=0)
    assert not Shares().common(Words.every(["night"]), "titles")


@pytest.mark.usefixtures("all_are_sampled", "first_milestone")
def test_what_is_found_does_not_depend_on_how(stores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random titles of a few words, and each question with all words taken for rare, as told, and all for common."""
    rng = random.Random(3)
    said = ("night", "light", "lights", "moon", "river", "rivers", "the", "of", "house", "horse")
    fill(
        [
            ContentFactory.build(
                title=" ".join(rng.choices(said, k=rng.randint(1, 4))),
                summary=" ".join(rng.choices(said, k=3)),
                rating_count=rng.choice([0, 0, 5, 900, 7000]),
                status=rng.choice(["published"] * 4 + ["draft"]),
            )
            for _ in range(400)
        ]
    )
    monkeypatch.setattr(searching, "MOST", 20)
    questions = [
        *said,
        "th",
        "nigth",
        "hous",
        "light moon",
        "the rvier",
        "of the",
        "moonlight",
        "night lig",
        "horse ri",
    ]
    known = set()
    for text in questions:
        answers = []
        for share in (2, 0.01, 0):
            monkeypatch.setattr(shares, "COMMON", share)
            redis.cache().flushdb()
            found = titles_found(text=text, audience=Audience.now())
            suggested = suggestions(text=text, audience=Audience.now(), limit=10, chain=())
            answers.append((found, [each["content_id"] for each in suggested]))
        assert answers[0] == answers[1] == answers[2], text
        assert answers[0][0], text
        known |= {hit.tier for hit in answers[0][0]}
    assert len(known) >= 5


@pytest.mark.slow
@pytest.mark.skipif(
    DISTRIBUTED, reason="a shard of a few hundred titles is read whole: that is less than its indexes"
)
@pytest.mark.usefixtures("all_are_sampled")
def test_a_search_is_bounded_work(stores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the rows that PostgreSQL reads, of what it guesses wrong: words that are too rare for its statistics, and
    common ones that no popular title has.
    """
    monkeypatch.setattr(milestones, "FIRST", 100)
    monkeypatch.setattr(milestones, "SHARE", 1)
    fill([ContentFactory.build(title=_title(n), rating_count=n) for n in range(MANY)])
    read: list[float] = []
    monkeypatch.setattr(Tiers, "_asked", _reading(read, Tiers._asked))
    for text, corrected, most in (
        ("group", False, 5 * 60),
        ("gruope", True, 5 * 60),
        ("told", False, 5 * 800),  # to the milestone
        ("untitled", False, 5 * 800 + 5 * 4000),  # and those that have it
    ):
        read.clear()
        question = Question.of(text)
        tiers = searching.exact_tiers(question, Audience.now())
        if corrected:
            tiers = searching.corrected_tiers(question, tiers.emptied())
        assert tiers.found(), text
        assert sum(read) <= most, (text, read)


def _title(popularity: int) -> str:
    if popularity % 400 < 2:
        return f"Group{'e' * (popularity % 2)} {popularity}"
    return f"Word{popularity % 3000} {'Untitled' if popularity < 4000 else 'Told'}"


def _reading(read: list[float], ask: object) -> object:
    def asked(self: Tiers, statement: object) -> object:
        if statement.text:  # type: ignore[attr-defined]
            read.append(rows_read(statement))  # type: ignore[arg-type]
        return ask(self, statement)  # type: ignore[operator]

    return asked
