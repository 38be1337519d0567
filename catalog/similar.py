"""Titles like one title: what shares people, keywords or genres with it, and why.

Bounded work in a catalog of any size: of the titles that share a person, a keyword or a genre, the most popular
`MOST_OF_EACH` of each are scored, no others. The score of a title, at most 11:

- people in common: one for each, at most three
- keywords and genres in common: three times the share of both titles' (Jaccard index), for each of the two
- the same type: one
- the years between them: one less a twentieth for each

Of one score the more popular is first. Entry point: `similar_titles`. Failure: `django.db.Error`s.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Model

from catalog.languages import Chain
from catalog.milestones import first_along
from catalog.models import Genre, Keyword, Person, SearchDocument
from catalog.orders import ORDERS
from catalog.selectors.cards import title_cards
from catalog.terms import ids_in_document
from catalog.visibility import Audience

MOST_OF_EACH = 100
MOST_REASONS = 5  # of a kind
YEARS_APART = 20
COLUMNS = ("content_id", "content_type", "year", "popularity", "genre_ids", "keyword_ids", "person_ids")
# Kind of reason to the column of documents and the model of its keys, the strongest first.
KINDS: Mapping[str, tuple[str, type[Model]]] = {
    "person": ("person_ids", Person),
    "keyword": (ids_in_document(Keyword), Keyword),
    "genre": (ids_in_document(Genre), Genre),
}


@dataclass(frozen=True)
class Likeness:
    """How like one title is: `shared` is kind of reason to keys."""

    content_id: UUID
    score: float
    popularity: float
    shared: Mapping[str, list[Any]]


def similar_titles(
    *, content_id: UUID, audience: Audience, limit: int, chain: Chain = ()
) -> list[dict[str, Any]] | None:
    """Cards with `reasons`, the most similar first; None when the audience sees no such title.

    One query for the title, one for each kind of candidates (up to three of keywords and of genres in a catalog that
    has milestones), three for the cards and one with a chain of languages, one for the names of each kind.
    """
    title = SearchDocument.objects.public(audience).filter(content_id=content_id).values(*COLUMNS).first()
    if title is None:
        return None
    own = {kind: frozenset(title[column]) for kind, (column, _) in KINDS.items()}
    ranked = sorted(
        (_likeness(title, own, candidate) for candidate in _candidates(title, audience)),
        key=lambda like: (-like.score, -like.popularity, like.content_id),
    )[:limit]
    cards = title_cards(content_ids=[like.content_id for like in ranked], audience=audience, chain=chain)
    reasons = _reasons(ranked)
    return [{**card, "reasons": reasons[card["content_id"]]} for card in cards]


def _candidates(title: Mapping[str, Any], audience: Audience) -> Iterable[Mapping[str, Any]]:
    others = SearchDocument.objects.public(audience).exclude(content_id=title["content_id"])
    found: dict[UUID, dict[str, Any]] = {}
    for column, model in KINDS.values():
        if not title[column]:
            continue
        alike = others.filter(**{f"{column}__overlap": title[column]}).values(*COLUMNS)
        if model is Person:  # few titles have one
            by_index = ORDERS["popularity"].fields(walked=False)
            rows = list(alike.order_by(*by_index)[:MOST_OF_EACH])
        else:
            rows = first_along(alike, "popularity", most=MOST_OF_EACH)
        found |= {row["content_id"]: row for row in rows}
    return found.values()


def _likeness(
    title: Mapping[str, Any], own: Mapping[str, frozenset[Any]], other: Mapping[str, Any]
) -> Likeness:
    """`own` is kind of reason to the title's keys."""
    shared = {kind: [key for key in other[column] if key in own[kind]] for kind, (column, _) in KINDS.items()}
    score = (
        min(len(shared["person"]), 3)
        + 3 * _jaccard(shared["keyword"], title["keyword_ids"], other["keyword_ids"])
        + 3 * _jaccard(shared["genre"], title["genre_ids"], other["genre_ids"])
        + (title["content_type"] == other["content_type"])
        + _nearness(title["year"], other["year"])
    )
    return Likeness(other["content_id"], round(score, 6), other["popularity"], shared)


def _jaccard(shared: Collection[Any], one: Collection[Any], other: Collection[Any]) -> float:
    return len(shared) / (len(one) + len(other) - len(shared)) if shared else 0.0


def _nearness(one: int | None, other: int | None) -> float:
    return 0.0 if one is None or other is None else max(0.0, 1 - abs(one - other) / YEARS_APART)


def _reasons(ranked: Collection[Likeness]) -> dict[UUID, list[dict[str, str]]]:
    """Id to what is shared, in the order of kinds and of names."""
    found: dict[UUID, list[dict[str, str]]] = {like.content_id: [] for like in ranked}
    for kind, (_, model) in KINDS.items():
        keys = {key for like in ranked for key in like.shared[kind]}
        names = dict(model._default_manager.filter(pk__in=keys).order_by().values_list("pk", "name"))
        for like in ranked:
            named = sorted((names[key], str(key)) for key in like.shared[kind] if key in names)
            found[like.content_id] += [
                {"kind": kind, "id": key, "name": name} for name, key in named[:MOST_REASONS]
            ]
    return found
