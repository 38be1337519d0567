"""Who may see a seeded title: its windows and its ratings, drawn from tables of ways that titles share.

`plan_titles` gives every title one of each; `details` writes them as rows, `rows` what those say into the titles' own
columns. Days are counted from `until`, so that the same arguments give the same rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import cycle, islice
from random import Random
from typing import NamedTuple

import orjson

from catalog.codes import WORLD
from catalog.gating import gate_from
from catalog.visibility import Span, next_change
from streaming.stores.copying import NULL, array_text
from streaming.stores.seeded import random_for

WAYS = 250  # that titles share: of each, windows and ratings are made once
LICENSED, RATED = 0.1, 0.5  # of all titles
SOLD_IN = ((WORLD,), ("DE",), ("US",), ("DE", "FR"), ("DE", "FR", "US"))
LICENCES = {"svod": 6, "avod": 2, "tvod": 2}
# In turn, so that few titles have each.
PHASES = ("open", "open", "coming", "open", "open", "ended", "open", "open", "leaving", "open")
LONGEST_OPEN, WITHIN = 700, 60  # days since a window opened; days from `until` to what happens next
# The rating systems of cinema, but for series in the United States, each with the values of five steps from all ages to
# adults.
CINEMA = (
    ("MPA", "US", ("G", "PG", "PG-13", "R", "NC-17")),
    ("FSK", "DE", ("0", "6", "12", "16", "18")),
    ("BBFC", "GB", ("U", "PG", "12", "15", "18")),
    ("CNC", "FR", ("TP", "TP", "12", "16", "18")),
)
TELEVISION = (("TVPG", "US", ("TV-G", "TV-PG", "TV-14", "TV-MA", "TV-MA")), *CINEMA[1:])
STEPS = (20, 25, 30, 20, 5)  # how often each
DESCRIBED_FROM = 2  # the step
DESCRIPTORS = ("violence", "strong language", "frightening scenes", "drug use")


class Window(NamedTuple):
    territory: str
    licence: str
    starts_at: datetime
    ends_at: datetime | None


class Rating(NamedTuple):
    system: str
    country: str
    value: str
    descriptors: str  # as COPY has an array


@dataclass(frozen=True)
class Licensing:
    """Windows of titles, and `Gate.availability` of them as data and as COPY has it. Without windows nothing restricts.

    `lasts`: open somewhere at `until`, and for good.
    """

    windows: Sequence[Window] = ()
    lasts: bool = True

    @cached_property
    def spans(self) -> list[Span] | None:
        windows = ((each.territory, each.starts_at, each.ends_at) for each in self.windows)
        return gate_from(windows=windows)["availability"]

    @cached_property
    def availability(self) -> str:
        return NULL if self.spans is None else orjson.dumps(self.spans).decode()


@dataclass(frozen=True)
class Classification:
    """Ratings of titles, and `Gate.maturity` of them as COPY has it."""

    ratings: Sequence[Rating] = ()

    @cached_property
    def maturity(self) -> str:
        ratings = ((each.system, each.value) for each in self.ratings)
        return array_text(gate_from(ratings=ratings)["maturity"])


UNRESTRICTED, UNRATED = Licensing(), Classification()


def licensing_drawn(*, seed: int, count: int, until: date) -> list[Licensing]:
    rng = random_for(seed, "windows")
    midnight = datetime.combine(until, time(), UTC)
    ways = cycle([_licensing(rng, phase, midnight) for phase in islice(cycle(PHASES), WAYS)])
    return [next(ways) if rng.random() < LICENSED else UNRESTRICTED for _ in range(count)]


def _licensing(rng: Random, phase: str, until: datetime) -> Licensing:
    (licence,) = rng.choices(list(LICENCES), list(LICENCES.values()))
    soon = timedelta(days=rng.randint(1, WITHIN))
    opened = until - timedelta(days=rng.randint(WITHIN + 1, LONGEST_OPEN))
    starts_at, ends_at = {
        "open": (opened, None),
        "leaving": (opened, until + soon),
        "ended": (opened, until - soon),
        "coming": (until + soon, None),
    }[phase]
    windows = [Window(territory, licence, starts_at, ends_at) for territory in rng.choice(SOLD_IN)]
    return Licensing(windows, lasts=phase == "open")


def classifications_drawn(*, seed: int, kinds: Sequence[str]) -> list[Classification]:
    rng = random_for(seed, "maturity ratings")
    cinema, television = (
        [_classification(rng, among) for _ in range(WAYS)] for among in (CINEMA, TELEVISION)
    )
    return [
        rng.choice(television if kind == "series" else cinema)
        if rng.random() < RATED or not place
        else UNRATED
        for place, kind in enumerate(kinds)
    ]


def _classification(rng: Random, systems: Sequence[tuple[str, str, Sequence[str]]]) -> Classification:
    """By one country or several, which agree about what the title is."""
    (step,) = rng.choices(range(len(STEPS)), STEPS)
    described = array_text(rng.sample(DESCRIPTORS, rng.randint(1, 2)) if step >= DESCRIBED_FROM else ())
    rated_by = rng.sample(systems, rng.randint(1, len(systems)))
    return Classification([Rating(system, country, of[step], described) for system, country, of in rated_by])


def next_change_text(*, status: str, published_at: str, licensing: Licensing, until: date) -> str:
    """`next_change_at` of a title with windows, as of the last day."""
    gate = {
        "status": status,
        "published_at": None if published_at == NULL else published_at,
        "availability": licensing.spans,
        "maturity": [],
    }
    moment = next_change(gate, after=datetime.combine(until, time(), UTC))
    return NULL if moment is None else moment.isoformat()
