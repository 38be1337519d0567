"""A generated catalog, and a model of what `GET /content` says of it: loops over Python values, no SQL.

The same seed makes the same catalog, ids aside.
"""

import random
from collections import Counter
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from catalog.models import (
    AvailabilityWindow,
    Content,
    Credit,
    Genre,
    Keyword,
    MaturityRating,
    Person,
    Studio,
)
from catalog.search.documents import popularity_of
from catalog.search.folding import fold
from catalog.services import contents_touch
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.writing import mixed_transaction
from tests.factories import ContentFactory

GENRES = ("Drama", "Comedy", "Sci-Fi & Fantasy", "Horror", "Été", "Western")
KEYWORDS = ("robot", "road trip", "heist", "Paris", "time loop")
STUDIOS = ("Alpha Films", "Beta", "Gamma & Sons")
COUNTRIES = ("DE", "FR", "US", "IN")
SYSTEM = "TESTS"
AGES = {"0": 0, "6": 6, "12": 12, "16": 16, "18": 18, "UNHEARD OF": None}
HOUR = timedelta(hours=1)


@dataclass
class Title:
    """What the model knows of a title; `spans` are its windows, `ages` None for a rating that is not mapped."""

    content: Content
    genres: list[str] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    studios: list[str] = field(default_factory=list)
    people: list[UUID] = field(default_factory=list)
    spans: list[tuple[str, datetime | None, datetime | None]] = field(default_factory=list)
    ratings: list[str] = field(default_factory=list)

    @property
    def id(self) -> UUID:
        return self.content.content_id


@dataclass
class World:
    titles: list[Title]
    ids: dict[str, dict[str, int]]
    people: list[UUID]


def make_world(*, seed: int, titles: int) -> World:
    rng = random.Random(seed)
    terms: dict[str, Any] = {
        "genre": Genre.objects.bulk_create(Genre(name=name) for name in GENRES),
        "keyword": Keyword.objects.bulk_create(Keyword(name=name) for name in KEYWORDS),
        "studio": Studio.objects.bulk_create(Studio(name=name) for name in STUDIOS),
    }
    ids = {kind: {row.name: row.pk for row in rows} for kind, rows in terms.items()}
    people = [row.pk for row in Person.objects.bulk_create(Person(name=f"Person {n}") for n in range(15))]
    made = [a_title(rng, people) for _ in range(titles)]
    write(made, ids)
    return World(made, ids, people)


def a_title(rng: random.Random, people: list[UUID]) -> Title:
    now = timezone.now()
    published_at = rng.choice([now - 9 * HOUR] * 9 + [now + 9 * HOUR])
    content: Content = ContentFactory.build(
        title=rng.choice(("The Wheel", "a wheel", "Élan", "Zebra", "zoo", "42", "…"))
        + rng.choice(("", " II", "!")),
        content_type=rng.choice(Content.Kind.values),
        release_date=rng.choice([None, date(rng.randint(1988, 2003), 5, 17)]),
        duration_minutes=rng.choice([None, 80, 90, 100, 120, 121]),
        rating=rng.choice([None, *(Decimal(n) / 2 for n in range(0, 21, 3))]),
        rating_count=rng.choice([0, 0, 0, 10, 5000]),
        countries=rng.sample(COUNTRIES, rng.choice([0, 1, 1, 2])),
        created_at=datetime(2024, 1, rng.randint(1, 9), tzinfo=UTC),
        status=rng.choice(["published"] * 12 + ["draft", "archived"]),
        published_at=published_at,
    )
    spans = [_span(rng, now) for _ in range(rng.choice([0, 0, 1, 2]))]
    return Title(
        content,
        genres=rng.sample(GENRES, rng.randint(0, 3)),
        keywords=rng.sample(KEYWORDS, rng.randint(0, 2)),
        studios=rng.sample(STUDIOS, rng.randint(0, 2)),
        people=rng.sample(people, rng.randint(0, 3)),
        spans=list({territory: (territory, start, end) for territory, start, end in spans}.values()),
        ratings=rng.choice([[], *([value] for value in AGES), ["12", "16"]]),
    )


def _span(rng: random.Random, now: datetime) -> tuple[str, datetime | None, datetime | None]:
    starts = rng.choice([None, now - HOUR, now + HOUR])
    return rng.choice(("DE", "FR", "WW")), starts, rng.choice([None, now + 2 * HOUR]) if starts else None


def write(titles: Iterable[Title], ids: dict[str, dict[str, int]]) -> None:
    titles = list(titles)
    with mixed_transaction(CATALOG):
        # Copies: on Citus what the database fills in comes back in the order of the shards, to the wrong objects.
        Content.objects.bulk_create([copy(title.content) for title in titles])
        through: tuple[tuple[Any, str, str], ...] = (
            (Content.genres.through, "genre_id", "genre"),
            (Content.keywords.through, "keyword_id", "keyword"),
            (Content.studios.through, "studio_id", "studio"),
        )
        for model, column, kind in through:
            model.objects.bulk_create(
                model(content_id=title.id, **{column: ids[kind][name]})
                for title in titles
                for name in getattr(title, f"{kind}s")
            )
        Credit.objects.bulk_create(
            Credit(content_id=title.id, person_id=person) for title in titles for person in title.people
        )
        AvailabilityWindow.objects.bulk_create(
            AvailabilityWindow(content_id=title.id, territory=territory, starts_at=start, ends_at=end)
            for title in titles
            for territory, start, end in title.spans
        )
        MaturityRating.objects.bulk_create(
            MaturityRating(content_id=title.id, system=SYSTEM, country=country, value=value)
            for title in titles
            for value, country in zip(title.ratings, ("DE", "AT"), strict=False)
        )
        contents_touch([title.id for title in titles])


def expected(world: World, parameters: dict[str, str], *, without: str = "") -> list[UUID]:
    """Ids of the titles that the model finds, in the order asked for; `without` leaves one parameter out."""
    asked = {name: text for name, text in parameters.items() if name != without}
    found = [title for title in world.titles if _is_public(title, asked) and _is_wanted(title, asked, world)]
    return [title.id for title in _sorted(found, asked.get("sort", "popularity"))]


def expected_counts(world: World, parameters: dict[str, str], facet: str) -> dict[str, int]:
    """Value to count of a facet."""
    found = set(expected(world, parameters, without=facet))
    values = [
        value for title in world.titles if title.id in found for value in values_of(title, facet, world)
    ]
    return dict(Counter(values))


def values_of(title: Title, facet: str, world: World) -> list[str]:
    content = title.content
    if facet in world.ids:
        return [str(world.ids[facet][name]) for name in getattr(title, f"{facet}s")]
    return {
        "type": [content.content_type],
        "country": list(content.countries),
        "person": [str(person) for person in title.people],
        "year": [str(content.release_date.year)] if content.release_date else [],
    }[facet]


def _is_public(title: Title, asked: dict[str, str]) -> bool:
    now, content = timezone.now(), title.content
    if content.status != "published" or content.published_at is None or content.published_at > now:
        return False
    territory = asked.get("available_in")
    is_open = not title.spans or any(
        (territory is None or place in (territory, "WW"))
        and (not start or start <= now)
        and (not end or now < end)
        for place, start, end in title.spans
    )
    limit = asked.get("maturity_lte")
    ages = [AGES[value] for value in title.ratings]
    within = limit is None or (bool(ages) and all(age is not None and age <= int(limit) for age in ages))
    return is_open and within


def _is_wanted(title: Title, asked: dict[str, str], world: World) -> bool:
    return all(_holds(title, name, text, world) for name, text in asked.items() if name != "sort")


def _holds(title: Title, name: str, text: str, world: World) -> bool:
    content = title.content
    if name in ("available_in", "maturity_lte"):
        return True
    if name == "not_genre":
        return not _holds(title, "genre", text, world)
    if name == "rating_gte":
        return content.rating is not None and content.rating >= Decimal(text)
    if name == "year":
        return _within(content.release_date.year if content.release_date else None, text)
    if name == "runtime":
        return _within(content.duration_minutes, text)
    has, keys = (
        values_of(title, name, world),
        {key.lower(): str(number) for key, number in world.ids.get(name, {}).items()},
    )
    wanted = [keys.get(part.lower(), part) in has for part in text.replace("|", ",").split(",")]
    return any(wanted) if "|" in text else all(wanted)


def _within(value: int | None, text: str) -> bool:
    low, dots, high = text.partition("..")
    if not dots:
        return value == int(text)
    return value is not None and (not low or value >= int(low)) and (not high or value <= int(high))


def _sorted(titles: list[Title], sort: str) -> list[Title]:
    """Unknown values last, ties by id in the direction of the list."""
    keys = {
        "popularity": lambda title: popularity_of(rating_count=title.content.rating_count, recent_views=0),
        "title": lambda title: fold(title.content.title),
        "year": lambda title: title.content.release_date and title.content.release_date.year,
        "rating": lambda title: title.content.rating,
        "added": lambda title: title.content.created_at,
    }
    key = keys[sort.removeprefix("-")]
    falling = sort == "popularity" or sort.startswith("-")
    known = sorted(
        (title for title in titles if key(title) is not None),
        key=lambda title: (key(title), title.id),
        reverse=falling,
    )
    unknown = sorted(
        (title for title in titles if key(title) is None), key=lambda title: title.id, reverse=falling
    )
    return known + unknown


def random_parameters(rng: random.Random, world: World) -> dict[str, str]:
    """Some parameters of a list, of values that the catalog has."""

    def several(values: Iterable[object], most: int = 2) -> str:
        chosen = rng.sample([str(value) for value in values], rng.randint(1, most))
        return rng.choice(",|").join(chosen)

    def names(kind: str) -> list[str]:
        return [
            rng.choice((name, name.lower(), name.upper(), str(number)))
            for name, number in world.ids[kind].items()
        ]

    def span(low: int, high: int) -> str:
        first, last = sorted((rng.randint(low, high), rng.randint(low, high)))
        return rng.choice((f"{first}..{last}", f"{first}..", f"..{last}", str(first)))

    makers = {
        "genre": lambda: several(names("genre")),
        "not_genre": lambda: several(names("genre")),
        "keyword": lambda: several(names("keyword")),
        "studio": lambda: several(names("studio")),
        "country": lambda: several(COUNTRIES),
        "person": lambda: several(world.people, 4),
        "type": lambda: "|".join(rng.sample(Content.Kind.values, rng.randint(1, 2))),
        "year": lambda: span(1985, 2005),
        "runtime": lambda: span(70, 130),
        "rating_gte": lambda: rng.choice(("0", "3", "4.5", "7.55", "10")),
        "available_in": lambda: rng.choice(("DE", "FR", "US", "WW")),
        "maturity_lte": lambda: str(rng.choice((0, 6, 12, 15, 18, 21))),
    }
    chosen = rng.sample(list(makers), rng.choice((0, 1, 1, 2, 2, 3, 4)))
    sorts = ("popularity", "title", "-title", "year", "-year", "rating", "-rating", "added", "-added")
    return {name: makers[name]() for name in chosen} | {"sort": rng.choice(sorts)}
