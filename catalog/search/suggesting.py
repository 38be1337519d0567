"""What somebody who is still typing may mean.

The last word counts as a beginning, the others whole. Where titles bring fewer than asked for, the words are corrected
as in a search, and of the one being typed those slips are tried that its letters so far can tell: two that changed
places, one too many.

Entry point: `suggestions`. Failure: `django.db.Error`s.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from rapidfuzz.distance import OSA

from catalog.languages import Chain, translated
from catalog.milestones import milestones_ahead
from catalog.models import Content
from catalog.search.matching import (
    Sql,
    Tiers,
    any_of,
    as_beginnings,
    both,
    either,
    has_key,
    in_popular_titles,
    in_titles,
)
from catalog.search.ranking import Found, Tier
from catalog.search.searching import SHORT, Question, beginning_of
from catalog.search.words import LONGEST, neighbours_of
from catalog.selectors.posters import with_posters
from catalog.visibility import Audience

MOST = 10
CANDIDATES = 30  # the most popular that match; those that begin with what was typed come first among them
NEIGHBOURS = 20  # of a word
SHOWN = ("content_id", "title", "content_type", "release_date", "thumbnail_url", "original_language")


def suggestions(*, text: str, audience: Audience, limit: int, chain: Chain) -> list[dict[str, Any]]:
    """Up to `limit` titles that the audience may see, the likeliest first: three queries, five where little is found.
    Where there are popular titles to ask first, each step is one more that they do not bring enough for.

    With a chain of languages it is one more. A title is in the first language of the chain that has it, and its picture
    the one that its record shows.
    """
    question = Question.of(text)
    if not question.key:
        return []
    found = _as_typed(question, audience)
    if len(found) < limit and any(len(word) >= SHORT for word in question.words):
        found += _mistyped(question, audience)
    ids = _likeliest(found, question.key)[:limit]
    rows = Content.objects.public(audience).filter(content_id__in=ids).order_by().values(*SHOWN)
    spoken = translated(list(rows), chain)
    shown = {row["content_id"]: _suggestion(row) for row in with_posters(spoken, chain)}
    return [shown[content_id] for content_id in ids if content_id in shown]


def _suggestion(row: dict[str, Any]) -> dict[str, Any]:
    released = row.pop("release_date")
    return {**row, "year": released.year if released else None}


def _as_typed(question: Question, audience: Audience) -> list[Found]:
    whole = has_key(question.key)
    if not question.words:
        return _asked(audience, Tier.EXACT, whole)
    return _popular_first(audience, Tier.PREFIX, beginning_of(question.words), whole)


def _mistyped(question: Question, audience: Audience) -> list[Found]:
    near = neighbours_of(question.words, most=NEIGHBOURS)
    *before, last = [
        [word, *neighbours.words, *neighbours.forms]
        for word, neighbours in zip(question.words, near, strict=True)
    ]
    beginnings = as_beginnings(any_of([*last, *_slips(question.words[-1])]))
    return _popular_first(audience, Tier.SPELLING, both([*map(any_of, before), beginnings]))


def _popular_first(audience: Audience, tier: Tier, words: Sql, whole: Sql | None = None) -> list[Found]:
    """The most popular titles that have the words, after any that are the `whole` one; of all titles only where the
    popular are fewer than anybody is shown.

    One condition for both, because on Citus each goes to all shards by itself.
    """
    ahead = milestones_ahead("popularity")
    having = in_popular_titles(words, ahead[0]) if ahead else in_titles(words)
    found = _asked(audience, tier, having, whole)
    if ahead and sum(row.tier is tier for row in found) < MOST:
        found += _asked(audience, tier, in_titles(words), walked=False)
    return found


def _asked(
    audience: Audience, tier: Tier, condition: Sql, whole: Sql | None = None, *, walked: bool = True
) -> list[Found]:
    tiers = Tiers(audience, most=CANDIDATES)
    if whole is None:
        tiers.add(tier, condition, walked=walked)
    else:
        tiers.add(tier, either(whole, condition), better=(Tier.EXACT, whole), better_first=True)
    return [Found(Tier(number), *rest) for number, *rest in tiers.rows()]


def _slips(word: str) -> Iterator[str]:
    """The word with two letters swapped, and with one letter less, but for the first; none of what is no word."""
    for place in range(1, len(word) if len(word) <= LONGEST else 0):
        yield word[:place] + word[place + 1 :]
        yield word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :]


def _likeliest(found: list[Found], key: str) -> list[UUID]:
    """Each once: the whole title, those that begin as typed, the others; then those corrected, the closest first.

    Of those alike the popular one comes first, then the shorter one.
    """
    best: dict[UUID, tuple[Any, ...]] = {}
    for row in found:
        beginnings = [other[: len(key)] for other in row.keys]
        slips = 0
        if row.tier is Tier.SPELLING:
            slips = 1 + min((OSA.distance(key, other) for other in beginnings), default=len(key))
        length = min(map(len, row.keys), default=0)
        begins = row.tier is Tier.EXACT, key in beginnings
        place = (slips, *(not each for each in begins), -row.popularity, length, row.content_id)
        best[row.content_id] = min(place, best.get(row.content_id, place))
    return sorted(best, key=lambda content_id: best[content_id])
