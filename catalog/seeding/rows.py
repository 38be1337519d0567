"""The catalog's seeded rows as lines of COPY's text format, each table's from a random stream of its own.

These loops run once per row, up to millions of times: what can be drawn from a table made beforehand is.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from random import Random

from catalog.seeding.dates import DRAWN, DRAWN_BITS, title_dates
from catalog.seeding.plan import TitlePlan, Vocabulary
from streaming.stores.copying import NULL, array_text
from streaming.stores.seeded import days_back, random_for, uuid_texts

GENRES = (
    "Drama",
    "Comedy",
    "Action",
    "Thriller",
    "Romance",
    "Crime",
    "Adventure",
    "Family",
    "Fantasy",
    "Horror",
    "Mystery",
    "Science Fiction",
    "Animation",
    "Documentary",
    "Biography",
    "History",
    "Music",
    "Sport",
    "War",
    "Western",
)
DOCUMENTARY = GENRES.index("Documentary") + 1
BESIDE_DOCUMENTARY = [GENRES.index(name) + 1 for name in ("Biography", "History", "Music", "Sport", "War")]
OF_FICTION = [genre_id for genre_id in range(1, len(GENRES) + 1) if genre_id != DOCUMENTARY]
DIRECTORS_AMONG = 8  # one in eight people directs
VOTES = [
    int(10 ** (6 * (place / 1000) ** 2)) for place in range(1000)
]  # most titles have few, some a million
PRODUCERS = ("US", "GB", "DE", "FR", "IT", "ES", "JP", "KR", "IN", "BR", "SE", "CA")
MADE_AT_HOME, MADE_BY_TWO = 0.6, 0.25


def person_lines(plan: TitlePlan) -> Iterator[str]:
    """`person_id, name, role, biography, date_of_birth`"""
    rng = random_for(plan.seed, "person rows")
    choose = rng.choice
    births = days_back(plan.until - timedelta(days=20 * 365), 60 * 365)
    for vocabulary, ids in zip(plan.vocabularies, plan.people, strict=True):
        directors = _directors(ids)
        for place, person_id in enumerate(ids):
            role = "Director" if place < directors else "Actor"
            yield (
                f"{person_id}\t{choose(vocabulary.name_heads)}{choose(vocabulary.name_tails)}\t{role}"
                f"\t{choose(vocabulary.sentences)}\t{choose(births)}\n"
            )


def content_lines(plan: TitlePlan) -> Iterator[str]:
    """`content_id, title, original_title, content_type, duration_minutes, thumbnail_url, summary, rating`, then
    `rating_count, release_date, status, published_at, created_at, updated_at, next_change_at`, then
    `original_language, countries, availability, maturity`
    """
    rng = random_for(plan.seed, "title rows")
    bits = rng.getrandbits
    votes = partial(random_for(plan.seed, "votes").choice, VOTES)
    names = [title_texts(vocabulary, rng) for vocabulary in plan.vocabularies]
    origins, ratings = _origin_texts(plan), _rating_texts(rng)
    for content_id, kind, language, minutes, dates, origin, licensing, classification in zip(
        *(plan.ids, plan.kinds, plan.languages, plan.minutes, title_dates(plan), origins),
        *(plan.licensing, plan.classifications),
        strict=True,
    ):
        words, endings, summaries = names[language]
        original = ""
        if not bits(3) and len(names) > 1:
            original_words, original_endings, _ = names[language - 1]
            original = original_words[bits(DRAWN_BITS)] + original_endings[bits(DRAWN_BITS)]
        length = NULL if kind == "series" else minutes
        yield (
            f"{content_id}\t{words[bits(DRAWN_BITS)]}{endings[bits(DRAWN_BITS)]}\t{original}\t{kind}\t{length}"
            f"\thttps://images.example.org/{content_id}.jpg\t{summaries[bits(DRAWN_BITS)]} "
            f"{summaries[bits(DRAWN_BITS)]}\t{ratings[bits(DRAWN_BITS)]}\t{votes()}"
            f"\t{dates.columns(licensing, plan)}"
            f"\t{origin}\t{licensing.availability}\t{classification.maturity}\n"
        )


def genre_lines(plan: TitlePlan) -> Iterator[str]:
    """`id, content_id, genre_id`: one to three genres a title, Documentary for documentaries only."""
    rng = random_for(plan.seed, "genre links")
    bits = rng.getrandbits
    fiction = [sorted(set(_genres_drawn(rng, OF_FICTION))) for _ in range(DRAWN)]
    documentary = [sorted({DOCUMENTARY, *_genres_drawn(rng, BESIDE_DOCUMENTARY)}) for _ in range(DRAWN)]
    number = 0
    for content_id, kind in zip(plan.ids, plan.kinds, strict=True):
        drawn = documentary if kind == "documentary" else fiction
        for genre_id in drawn[bits(DRAWN_BITS)]:
            number += 1
            yield f"{number}\t{content_id}\t{genre_id}\n"


def credit_lines(plan: TitlePlan) -> Iterator[str]:
    """`id, content_id, person_id, job, character_name, billing_order`: directors, then the cast, nobody twice."""
    rng = random_for(plan.seed, "credits")
    bits, draw, new_id = rng.getrandbits, rng.random, uuid_texts(rng)
    for content_id, kind, language in zip(plan.ids, plan.kinds, plan.languages, strict=True):
        people, characters = plan.people[language], plan.vocabularies[language].characters
        directors = _directors(people)
        actors = len(people) - directors
        # Squared: a few people are in many titles. A dict drops who is drawn twice and keeps the order.
        parts = dict.fromkeys(int(directors * draw() ** 2) for _ in range(2 - bool(bits(3))))
        acting = bits(2) if kind == "documentary" else 3 + bits(2)
        cast = dict.fromkeys(directors + int(actors * draw() ** 2) for _ in range(acting))
        for order, place in enumerate((*parts, *cast)):
            if place < directors:
                part = "Director\t"
            elif kind == "documentary":
                part = "Actor\tSelf"
            else:
                part = f"Actor\t{characters[int(len(characters) * draw())]}"
            yield f"{new_id()}\t{content_id}\t{people[place]}\t{part}\t{order}\n"


def _directors(people: Sequence[str]) -> int:
    return len(people) // DIRECTORS_AMONG


def _genres_drawn(rng: Random, among: list[int]) -> list[int]:
    """One to three; those that stand earlier more often."""
    return [among[int(len(among) * rng.random() ** 2)] for _ in range(rng.randint(1, 3))]


def title_texts(vocabulary: Vocabulary, rng: Random) -> tuple[list[str], list[str], Sequence[str]]:
    """How a title begins, how it goes on, and what its summary is put together from."""
    words, characters = vocabulary.words, vocabulary.characters
    beginnings = [rng.choice(words) for _ in range(DRAWN)]
    endings = []
    for _ in range(DRAWN):
        second = rng.choice(words)
        form = rng.random()
        if form < 0.5:
            endings.append(f" {second} {rng.choice(words)}")
        elif form < 0.75:
            endings.append(f" {second}")
        elif form < 0.9:
            endings.append(f": {rng.choice(characters)} {second}")
        else:
            endings.append(f" {second} {rng.randint(2, 4)}")
    return beginnings, endings, [rng.choice(vocabulary.sentences) for _ in range(DRAWN)]


def _rating_texts(rng: Random) -> list[str]:
    return [f"{min(10.0, max(0.5, rng.gauss(6.4, 1.4))):.1f}" for _ in range(DRAWN)]


def _origin_texts(plan: TitlePlan) -> Iterator[str]:
    """`original_language, countries` of each title: what it is called is of its original language."""
    rng = random_for(plan.seed, "origins")
    bits = rng.getrandbits
    drawn = [
        [f"{each.language}\t{array_text(_countries(each.country, rng))}" for _ in range(DRAWN)]
        for each in plan.vocabularies
    ]
    for language in plan.languages:
        yield drawn[language][bits(DRAWN_BITS)]


def _countries(home: str, rng: Random) -> list[str]:
    """One or two, mostly with that of the locale."""
    first = home if home and rng.random() < MADE_AT_HOME else rng.choice(PRODUCERS)
    second = rng.choice(PRODUCERS) if rng.random() < MADE_BY_TWO else first
    return list(dict.fromkeys((first, second)))
