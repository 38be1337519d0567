"""The order of what was found: how it was found, how close a title is to the question, how popular it is.

Entry points: `Found`, `Hit`, `ranked`. No failure. The reasons: docs/search.md.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from rapidfuzz.distance import OSA


class Tier(IntEnum):
    """How a title was found, the best first."""

    EXACT = 0  # a title of it is the question, whole
    SLIP = 1  # the question with one letter wrong
    TITLE = 2  # its titles have every word
    PEOPLE = 3  # its titles and people have
    PREFIX = 4  # its titles have, the last word as a beginning
    SPELLING = 5  # its titles and people have, words corrected
    LABEL = 6  # its titles, people, genres and keywords have
    TEXT = 7  # its titles, people, genres, keywords and summaries have


COMPARED = frozenset(
    (Tier.EXACT, Tier.TITLE, Tier.PREFIX, Tier.SPELLING)
)  # by their titles; others are as good


class Found(NamedTuple):
    """A row that a tier brought; `keys` are its whole titles where they count, `also` what else was asked for."""

    tier: Tier
    content_id: (
        str  # of a thousand rows, objects would be a tenth of what a search takes; texts sort as ids do
    )
    popularity: float
    keys: Sequence[str]
    also: Sequence[Any] = ()


class Hit(NamedTuple):
    """A title at its place; hits compare by it. `content_id` makes the order total."""

    tier: Tier
    distance: float
    unpopularity: float
    content_id: str


def ranked(found: Iterable[Found], *, key: str, words: Sequence[str]) -> list[Hit]:
    """Each title once, at its best place. `key` and `words` are the question's, folded."""
    best: dict[str, Hit] = {}
    for row in found:
        known = best.get(row.content_id)
        if (
            known is not None and known.tier < row.tier and row.tier is not Tier.SPELLING
        ):  # which may be a slip
            continue
        tier, distance = _closeness(row, key, words)
        # In tenths: of titles about as close the popular one comes first.
        hit = Hit(tier, round(distance, 1), -row.popularity, row.content_id)
        if known is None or hit < known:
            best[row.content_id] = hit
    return sorted(best.values())


def _closeness(row: Found, key: str, words: Sequence[str]) -> tuple[Tier, float]:
    if row.tier is Tier.SPELLING:
        if any(OSA.distance(key, other, score_cutoff=1) <= 1 for other in row.keys):
            return Tier.SLIP, 0.0
        return Tier.SPELLING, min((OSA.normalized_distance(key, other) for other in row.keys), default=1.0)
    if row.tier is Tier.TITLE or row.tier is Tier.PREFIX:
        return row.tier, min((_rest(key, words, other) for other in row.keys), default=1.0)
    return row.tier, 0.0


def _rest(key: str, words: Sequence[str], other: str) -> float:
    """The share of a title that was not asked for; all of it where the words are not all in this title."""
    if not all(word in other for word in words):
        return 1.0
    return max(0.0, 1 - len(key) / len(other))
