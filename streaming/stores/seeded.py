"""Reproducible randomness for the modules that seed: the same seed gives the same ids, choices and times.

Each part of a seeding draws from a `random.Random` of its own (`random_for`), so that adding draws to one part
leaves the others as they were. What is made here is text that COPY takes as it stands.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import Protocol, TypeVar

T = TypeVar("T")
SECONDS_A_DAY = 86_400
# RFC 9562, version 4: the bits that are random, and those that are fixed.
RANDOM_BITS = ((1 << 128) - 1) ^ (0xF000 << 64 | 0xC000 << 48)
FIXED_BITS = 0x4000 << 64 | 0x8000 << 48


class Track(Protocol):
    """Shows progress over `items` and hands them through. `total` None when it is not known beforehand."""

    def __call__(self, items: Iterable[T], what: str, total: int | None) -> Iterable[T]: ...


def random_for(seed: int, part: str) -> random.Random:
    return random.Random(f"{seed}:{part}")


def uuid_texts(rng: random.Random) -> Callable[[], str]:
    """A maker of version 4 UUIDs as 32 hexadecimal digits, which PostgreSQL reads as it does hyphenated ones."""
    bits = rng.getrandbits
    return lambda: f"{bits(128) & RANDOM_BITS | FIXED_BITS:032x}"


def skewed(count: int, *, exponent: float, flat: int) -> list[float]:
    """Cumulative Zipf–Mandelbrot weights of `count` places: place k weighs `(k + flat) ** -exponent`, k from 0."""
    return list(accumulate((place + flat) ** -exponent for place in range(count)))


def shared_out(total: int, weights: Sequence[float]) -> list[int]:
    """`total` split in proportion to the weights, exactly: the parts add up."""
    whole = sum(weights)
    ends = [round(total * share / whole) for share in accumulate(weights)]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def days_back(until: date, count: int) -> list[str]:
    """`count` days as ISO text: `until` at 0, the day before at 1, and so on."""
    return [(until - timedelta(days=back)).isoformat() for back in range(count)]


def clock() -> list[str]:
    """Every second of a UTC day as COPY reads it behind a date: `" 00:00:00+00"` and on."""
    return [
        f" {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}+00" for second in range(SECONDS_A_DAY)
    ]
