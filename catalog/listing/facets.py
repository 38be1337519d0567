"""How many titles each value of a facet would leave, under all parameters but the facet's own.

So a client sees what a change of that one choice would bring. A statement for each facet, whose counts are cached by
just what they depend on: paging, sorting and the facet's own choice find them again. A count may be
`COUNTED_SECONDS` old, also where a title was hidden meanwhile; the titles listed beside it never are.

Entry points: `FACETS`, `facets_of`, `counted`. Failure: `Unreadable`, `django.db.Error`s.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Func, Model

from catalog.listing.conditions import Conditions, conditions
from catalog.listing.titles import audience_of_query, documents_of
from catalog.listing.vocabulary import ListQuery
from catalog.models import Genre, Keyword, Studio
from streaming.stores.cache import read_through

COUNTED_SECONDS = 10
MOST_VALUES = 100  # of one facet: those with most titles


@dataclass(frozen=True)
class Facet:
    """A column of documents that is counted; `names` has the names of its values where they are keys."""

    column: str
    is_array: bool = False
    names: type[Model] | None = None


FACETS: Mapping[str, Facet] = {
    "genre": Facet("genre_ids", is_array=True, names=Genre),
    "type": Facet("content_type"),
    "year": Facet("year"),
    "country": Facet("countries", is_array=True),
    "keyword": Facet("keyword_ids", is_array=True, names=Keyword),
    "studio": Facet("studio_ids", is_array=True, names=Studio),
}

Counts = list[dict[str, Any]]  # `value` as one gives it to the parameter, `name`, `count`


def facets_of(*, query: ListQuery, facets: Collection[str]) -> dict[str, Counts]:
    """Facet to its values, those with most titles first; at most `MOST_VALUES` each."""
    wanted = conditions(query) if facets else {}
    return {name: counted(name, query, wanted) for name in facets}


def counted(name: str, query: ListQuery, wanted: Conditions) -> Counts:
    """One facet, from the cache or one query, and one for the names of its values."""
    asked = query.canonical(without=(name, "sort"))
    key = f"catalog:facet:{name}:{hashlib.sha256(asked).hexdigest()[:32]}"
    found: Counts = read_through(key, lambda: _count(name, query, wanted), seconds=COUNTED_SECONDS)
    return found


def _count(name: str, query: ListQuery, wanted: Conditions) -> Counts:
    facet = FACETS[name]
    others = [condition for parameter, condition in wanted.items() if parameter != name]
    documents = documents_of([audience_of_query(query)], others)
    value = Func(F(facet.column), function="unnest") if facet.is_array else F(facet.column)
    if not facet.is_array:
        documents = documents.exclude(**{facet.column: None})
    counts = documents.annotate(value=value).values("value").annotate(count=Count("*"))
    rows = list(counts.order_by("-count", "value").values_list("value", "count")[:MOST_VALUES])
    names = _names(facet.names, [found for found, _ in rows])
    return [
        {"value": str(found), "name": names.get(found, str(found)), "count": count} for found, count in rows
    ]


def _names(model: type[Model] | None, keys: Collection[Any]) -> dict[Any, str]:
    if model is None:
        return {}
    return dict(model._default_manager.filter(pk__in=keys).order_by().values_list("pk", "name"))
