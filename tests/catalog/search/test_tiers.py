"""Which words are common, that it decides the work of a search and never what is found."""

import random
from collections import deque

import pytest
from django.db import connections

from catalog import milestones
from catalog.models import Content
from catalog.search import searching, shares
from catalog.search.questions import Question
from catalog.search.ranking import Tier
from catalog.search.rebuilding import documents_fill
from catalog.search.searching import titles_found
from catalog.search.shares import Shares, Words
from catalog.search.suggesting import suggestions
from catalog.search.tiers import Tiers
from catalog.visibility import Audience
from streaming.stores.aliases import CATALOG
from tests.catalog.search.explaining import rows_read
from tests.environment import DISTRIBUTED
from tests.factories import ContentFactory

MANY = 12_000


def fill(titles: list[Content]) -> None:
    Content.objects.bulk_create(titles, batch_size=1000)
    deque(documents_fill(), maxlen=0)
    with connections[CATALOG].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) search_documents")  # of what other tests deleted as well


@pytest.mark.usefixtures("all_are_sampled")
@pytest.mark.parametrize(
    ("words", "column", "expected"),
    [
        (Words.every(["night"]), "titles", 0.999),
        (Words.every(["film"]), "titles", 0),  # which only summaries say
        (Words.every(["film"]), "named", 0),
        (Words.every(["film"]), "document", 0.666),
        (Words.every(["night", "film"]), "document", 0.666),
        (Words.every(["night", "rare0"]), "titles", 0.005),  # all of them: as rare as the rarest
        (Words.every(["night", "once"]), "titles", 0),
        (Words.every(["unheard"]), "document", 0),
        (
            Words([["unheard", "once", "rare0", "rare1"]]),
            "titles",
            0.01,
        ),  # any of them: as common as all together
        (Words([["rare0"], ["rare0", "rare1"]]), "titles", 0.005),
        (Words([["night once"]]), "titles", 0),
        (Words([["night rare0"]]), "titles", 0.005),
        (Words.every(["nig"]), "titles", 0),
        (Words.every(["nig"], begins=True), "titles", 0.999),
        (Words.every(["night", "rar"], begins=True), "titles", 0.025),
        (Words.every(["onc"], begins=True), "titles", 0),
        (Words.every(["rare0"], begins=True), "titles", 0.005),
    ],
)
def test_the_share_of_titles_that_have_words(
    stores: None, words: Words, column: str, expected: float
) -> None:
    Content.objects.bulk_create(
        ContentFactory.build(
            title=f"Night rare{n % 5}" if n < 25 else "Once" if n == 25 else f"Night {n}",
            summary="A film" if n % 3 else "",
        )
        for n in range(1000)
    )
    deque(documents_fill(), maxlen=0)
    assert Shares().of(words, column) == pytest.approx(expected)


def test_of_a_few_sampled_titles_nothing_is_told(stores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "SHARE", 1)
    Content.objects.bulk_create(ContentFactory.build_batch(shares.FEWEST - 1, title="Night"))
    deque(documents_fill(), maxlen=0)
    assert Shares().of(Words.every(["night"]), "titles") == 0


@pytest.mark.usefixtures("all_are_sampled")
def test_how_far_is_walked(stores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Milestones are at 20, 40, 80, 160, 320 and 640 of a thousand titles, of which there seem to be 1,280."""
    monkeypatch.setattr(milestones, "FIRST", 20)
    monkeypatch.setattr(milestones, "SHARE", 1)
    Content.objects.bulk_create(ContentFactory.build_batch(1000))
    deque(documents_fill(), maxlen=0)
    places = milestones.milestones_ahead("popularity")
    tiers = Tiers(Audience.now(), most=10)

    assert [tiers._end_of_walk(share) for share in (1, 0.99, 0.5, 0.25, 0.2, 0.125, 0.12, 0.01, 0)] == [
        places[0],  # twice ten titles are among twenty
        places[1],
        places[1],
        places[2],
        places[3],
        None if DISTRIBUTED else places[3],  # 160 have the words; walks of shards are 160 long, others 80
        None,  # 320 titles would be walked along, and 154 have the words
        None,
        None,
    ]


@pytest.mark.usefixtures("all_are_sampled", "first_milestone")
def test_what_is_found_does_not_depend_on_how(stores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random titles of a few words, and each question with all words taken for rare, as told, and all for common."""
    rng = random.Random(3)
    said = ("night", "light", "lights", "moon", "river", "rivers", "the", "of", "house", "horse")
    fill(
        [
            ContentFactory.build(
                title=" ".join(rng.choices(said, k=rng.randint(2, 4))),
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
    known, compared, shares_of = set(), 0, Shares.of
    for text in questions:
        answers = []
        for share in (lambda *_: 0, shares_of, lambda *_: 1):
            monkeypatch.setattr(Shares, "of", share)
            found = titles_found(text=text, audience=Audience.now())
            suggested = suggestions(text=text, audience=Audience.now(), limit=10, chain=())
            answers.append((found, [each["content_id"] for each in suggested]))
        hits = [hits for hits, _ in answers]
        assert hits[0] == hits[1] == hits[2] != [], text
        tiers = {hit.tier for hit in hits[0]}
        if (
            Tier.EXACT not in tiers
        ):  # of rare words whole titles are among the candidates, of common ones beside them
            assert answers[0] == answers[1] == answers[2], text
            compared += 1
        known |= tiers
    assert len(known) >= 5 and compared >= 10


@pytest.mark.usefixtures("all_are_sampled")
def test_behind_a_rare_word_the_index_is_not_asked_who_begins_so(stores: None) -> None:
    """All that begin with a letter are more than the index tells quickly: 44 ms of a million titles, else 5 ms."""
    fill([ContentFactory.build(title=f"Rare Moon {n}" if n < 2 else f"Moon {n}") for n in range(1000)])

    def beginning(*words: str) -> tuple[str, int]:
        tiers = Tiers(Audience.now(), most=30)
        tiers.add_words(Tier.PREFIX, "titles", Words.every(words, begins=True))
        return tiers.statement().text, len(tiers.found())

    looked_at, found = beginning("rare", "m")
    assert ("titles @@" in looked_at, "ts_match_vq" in looked_at, found) == (True, True, 2)
    indexed, found = beginning("moon", "rar")
    assert ("titles @@" in indexed, "ts_match_vq" in indexed, found) == (True, False, 2)


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
        ("told", False, 5 * 800),  # to a milestone
        ("untitled", False, 5 * 1600 + 5 * 4000),  # and those that have it
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
