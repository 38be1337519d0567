"""What somebody who is still typing may mean.

The last word counts as a beginning, the others whole. Where titles bring fewer than asked for, the words are corrected
as in a search, those of whole titles too, and of the one being typed those slips are tried that its letters so far can
tell: two that changed places, one too many.

Entry point: `suggestions`. Failure: `django.db.Error`s.
"""

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any
from uuid import UUID

from rapidfuzz.distance import OSA

from catalog.languages import Chain
from catalog.search.matching import has_key, has_one_key
from catalog.search.questions import SHORT, Question, keys_near, near_words
from catalog.search.ranking import Found, Tier
from catalog.search.shares import Words
from catalog.search.showing import suggestion_of
from catalog.search.tiers import Tiers
from catalog.search.words import LONGEST, Neighbours
from catalog.visibility import Audience

MOST = 10
CANDIDATES = 30  # the most popular that match; those that begin with what was typed come first among them
NEIGHBOURS = 20  # of a word that is looked for in titles; whole titles are looked up with any
SHOWN = ("content_type", "year", "shown")


def suggestions(*, text: str, audience: Audience, limit: int, chain: Chain) -> list[dict[str, Any]]:
    """Up to `limit` titles that the audience may see, the likeliest first: one query, three where little is found;
    each step is one more where words are common and popular titles do not have them.

    A title is in the first language of the chain that has it, and its picture the one that its record shows.
    """
    question = Question.of(text)
    if not question.key:
        return []
    tiers = Tiers(audience, most=CANDIDATES, also=SHOWN)
    found = _as_typed(question, tiers)
    if len({row.content_id for row in found}) < limit:
        found += _mistyped(question, tiers.emptied())
    return [
        suggestion_of(UUID(row.content_id), content_type=content_type, year=year, shown=shown, chain=chain)
        for row in _likeliest(found, question.key)[:limit]
        for content_type, year, shown in [row.also]
        if shown is not None  # a document of before there was this
    ]


def _as_typed(question: Question, tiers: Tiers) -> list[Found]:
    whole = has_key(question.key)
    if question.words:
        beginning = Words.every(question.words, begins=True)
        tiers.add_words(Tier.PREFIX, "titles", beginning, whole=(Tier.EXACT, whole))
    else:
        tiers.add(Tier.EXACT, whole)
    return tiers.found()


def _mistyped(question: Question, tiers: Tiers) -> list[Found]:
    """Whole titles of several words with one of them corrected, and titles by all of them corrected; by short words
    alone, which have too many neighbours, whole titles only.
    """
    several, telling = len(question.words) > 1, any(len(word) >= SHORT for word in question.words)
    if not (several or telling):
        return []
    near = near_words(question)
    # What is to be a title of one word is looked for as a beginning.
    keys = keys_near(question, near) if several else []
    whole = (Tier.SPELLING, has_one_key(keys)) if keys else None
    if telling:
        tiers.add_words(Tier.SPELLING, "titles", _corrected(question, near), whole=whole)
    elif whole is not None:
        tiers.add(*whole)
    return tiers.found()


def _corrected(question: Question, near: Sequence[Neighbours]) -> Words:
    *before, last = [
        [word, *neighbours.words[:NEIGHBOURS], *neighbours.forms]
        for word, neighbours in zip(question.words, near, strict=True)
    ]
    return Words([*before, [*last, *_slips(question.words[-1])]], begins=True)


def _slips(word: str) -> Iterator[str]:
    """The word with two letters swapped, and with one letter less, but for the first; none of what is no word."""
    for place in range(1, len(word) if len(word) <= LONGEST else 0):
        yield word[:place] + word[place + 1 :]
        yield word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :]


def _likeliest(found: list[Found], key: str) -> list[Found]:
    """Each title once: the whole title, those that begin as typed, the others; then those corrected, the closest first.

    Of those alike the popular one comes first, then the shorter one.
    """
    best: dict[str, tuple[tuple[Any, ...], Found]] = {}
    for row in found:
        beginnings = [other[: len(key)] for other in row.keys]
        slips = 0
        if row.tier is Tier.SPELLING:
            slips = 1 + min((OSA.distance(key, other) for other in beginnings), default=len(key))
        length = min(map(len, row.keys), default=0)
        begins = row.tier is Tier.EXACT, key in beginnings
        place = (slips, *(not each for each in begins), -row.popularity, length, row.content_id)
        if row.content_id not in best or place < best[row.content_id][0]:
            best[row.content_id] = place, row
    return [row for _, row in sorted(best.values(), key=itemgetter(0))]
