"""Finding titles by what somebody typed.

The question is asked in steps, each bounded. The exact step: whole titles, titles that have every word, people,
texts. Where that brings fewer than `RICH` good answers, the typo step asks again with the words corrected. Every tier
takes the `MOST` most popular titles that match, in whichever way is less work (`catalog.search.tiers`).

Entry points: `titles_found`, `search_page`; `exact_tiers`, `corrected_tiers`. Failure: `django.db.Error`s.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from catalog.languages import Chain
from catalog.models import Content
from catalog.search.folding import spelled
from catalog.search.matching import but_in_summaries, has_key, has_one_key
from catalog.search.questions import SHORT, Question, keys_near, near_words
from catalog.search.ranking import Found, Hit, Tier, ranked
from catalog.search.shares import Words
from catalog.search.tiers import Tiers
from catalog.search.words import Neighbours
from catalog.selectors import title_cards
from catalog.visibility import Audience

MOST = 200  # titles of each tier
RICH = 5  # good answers with which nobody is asked whether he mistyped


def titles_found(*, text: str, audience: Audience | None) -> list[Hit]:
    """The titles that the audience may see, best first: one query, one more where a whole title is among them, and two
    more where those bring little; each step is one more where words are common and popular titles do not have them.

    None is an editor, who sees titles of every status.
    """
    question = Question.of(text)
    if not question.key:
        return []
    exact = exact_tiers(question, audience)
    found = exact.found()
    if question.words and _is_thin(found):
        found += corrected_tiers(question, exact.emptied()).found()
    return _as_typed(ranked(found, key=question.key, words=question.words), text)


def search_page(
    *, text: str, audience: Audience, limit: int, after: Hit | None, chain: Chain
) -> tuple[list[dict[str, Any]], Hit | None]:
    """Cards of the page behind `after`, each with how it was `matched`; the page's last hit where more follow."""
    hits = titles_found(text=text, audience=audience)
    rest = hits if after is None else [hit for hit in hits if hit > after]
    page = rest[:limit]
    how = {hit.content_id: hit.tier.name.lower() for hit in page}
    cards = title_cards(content_ids=list(map(UUID, how)), audience=audience, chain=chain)
    last = page[-1] if len(rest) > limit else None
    return [{**card, "matched": how[str(card["content_id"])]} for card in cards], last


def _as_typed(hits: list[Hit], text: str) -> list[Hit]:
    """Of titles that are the question but for punctuation and blanks those first that are it sign by sign."""
    whole = [hit.content_id for hit in hits if hit.tier is Tier.EXACT]
    if not whole:
        return hits
    asked = spelled(text)
    rows = Content.objects.filter(content_id__in=whole).order_by()
    same = {
        str(content_id)
        for content_id, *titles in rows.values_list("content_id", "title", "original_title")
        if asked in map(spelled, titles)
    }
    return sorted(
        hit._replace(distance=1.0) if hit.tier is Tier.EXACT and hit.content_id not in same else hit
        for hit in hits
    )


def _is_thin(found: Iterable[Found]) -> bool:
    """A title comes from each tier that it belongs to, and counts once."""
    good = {row.content_id for row in found if row.tier in (Tier.TITLE, Tier.PEOPLE, Tier.LABEL)}
    return len(good) < RICH and not any(row.tier is Tier.EXACT for row in found)


def exact_tiers(question: Question, audience: Audience | None) -> Tiers:
    """The exact step, not yet asked."""
    tiers = Tiers(audience, most=MOST)
    tiers.add(Tier.EXACT, has_key(question.key))
    if question.words:
        every = Words.every(question.words)
        tiers.add_words(Tier.TITLE, "titles", every)
        tiers.add_words(Tier.PEOPLE, "named", every)
        tiers.add_words(Tier.PREFIX, "titles", replace(every, begins=True))
        tiers.add_words(Tier.TEXT, "document", every, narrower=(Tier.LABEL, but_in_summaries))
    return tiers


def corrected_tiers(question: Question, tiers: Tiers) -> Tiers:
    """The typo step, put into these, not yet asked."""
    near = near_words(question)
    if keys := keys_near(question, near):
        tiers.add(Tier.SPELLING, has_one_key(keys))
    if words := _words_near(question, near):
        tiers.add_words(Tier.SPELLING, "titles", words)
        tiers.add_words(Tier.SPELLING, "named", words)
    return tiers


def _words_near(question: Question, near: Sequence[Neighbours]) -> Words | None:
    """Every longer word or one of its neighbours; None where there is no longer word or no neighbour at all."""
    choices = [
        [word, *neighbours.words, *neighbours.forms]
        for word, neighbours in zip(question.words, near, strict=True)
        if len(word) >= SHORT
    ]
    if not choices or not any(each.words or each.forms for each in near):
        return None
    return Words(choices)
