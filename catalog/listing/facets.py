"""How many titles each value of a facet would leave, under all parameters but the facet's own.

So a client sees what a change of that one choice would bring. Counts are cached for `COUNTED_SECONDS` by just what they
depend on: paging, sorting and the facet's own choice find them again. A change of any title forgets them all
(by `COUNTS_KEY`), and none outlives the next moment at which time alone changes what anybody
sees; else a value could name what only a title has that was hidden meanwhile.

Counting is bounded: where about `MOST_COUNTED` titles are left or more, those of the first ids are counted for all
(ids are random, so they are a sample), and the counts are marked as estimated (docs/adr/0013). How many are left is
estimated by that same sample.

Entry points: `FACETS`, `facets_of`, `Counted`; `COUNTS_KEY` is the cache's key to forget. Failure: `Unreadable`,
`django.db.Error`s.
"""

import hashlib
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, TypedDict

from django.db.models import Count, F, Func, Min, Q
from django.utils import timezone

from catalog.listing.conditions import conditions
from catalog.listing.titles import audience_of_query, documents_of
from catalog.listing.vocabulary import ListQuery
from catalog.models import Content, Genre, Keyword, Studio
from catalog.querysets import SearchDocumentQuerySet
from catalog.terms import Term, ids_in_document
from streaming.stores.cache import read_through

COUNTED_SECONDS = 30
COUNTS_KEY = "catalog:counts"  # of the edition that all counts carry; who forgets it forgets them
MOST_VALUES = 100  # of one facet: those with most titles
MOST_COUNTED = 50_000  # titles; on two cores that took a tenth of a second
SHARE = 32  # one title of so many is in the sample


@dataclass(frozen=True)
class Facet:
    """A column of documents that is counted; `names` is the model of its values where they are keys."""

    column: str
    is_array: bool = False
    names: type[Term] | None = None


def _of_terms(model: type[Term]) -> Facet:
    return Facet(ids_in_document(model), is_array=True, names=model)


FACETS: Mapping[str, Facet] = {
    "genre": _of_terms(Genre),
    "type": Facet("content_type"),
    "year": Facet("year"),
    "country": Facet("countries", is_array=True),
    "keyword": _of_terms(Keyword),
    "studio": _of_terms(Studio),
}


class Value(TypedDict):
    """`value` as one gives it to the parameter."""

    value: str
    name: str
    count: int


class Counted(TypedDict):
    values: list[Value]
    estimated: bool


def facets_of(*, query: ListQuery, facets: Collection[str]) -> dict[str, Counted]:
    """Facet to its values, those with most titles first; at most `MOST_VALUES` each.

    One statement for all, for each facet two, and one for the names of its values; fewer with what is cached.
    """
    if not facets:
        return {}
    wanted, kept = conditions(query), _Kept()
    return {
        name: _counted(kept, name, query, [condition for other, condition in wanted.items() if other != name])
        for name in facets
    }


class _Kept:
    """What is cached until it may be wrong, all of one edition."""

    def __init__(self) -> None:
        self.edition: str = read_through(COUNTS_KEY, lambda: uuid.uuid4().hex)

    @cached_property
    def until(self) -> datetime:
        """When time may change what is public. To be asked before it is counted what is."""
        soonest = Content.objects.aggregate(at=Min("next_change_at"))["at"]
        latest = timezone.now() + timedelta(seconds=COUNTED_SECONDS)
        return latest if soonest is None else min(latest, soonest)

    def read(self, what: str, asked: bytes, load: Callable[[], Any]) -> Any:
        key = f"{COUNTS_KEY}:{what}:{hashlib.sha256(asked + self.edition.encode()).hexdigest()[:32]}"

        def loaded() -> Any:
            _ = self.until
            return load()

        return read_through(key, loaded, seconds=self._seconds_left)

    def _seconds_left(self, _: Any) -> float:
        return (self.until - timezone.now()).total_seconds()


def _counted(kept: _Kept, name: str, query: ListQuery, others: Iterable[Q]) -> Counted:
    asked = query.canonical(without=(name, "sort"))
    found: Counted = kept.read(name, asked, lambda: _count(kept, name, asked, _Titles(query, others)))
    return found


class _Titles:
    """Those that are left under a query's other parameters, or the sample of them."""

    def __init__(self, query: ListQuery, others: Iterable[Q]) -> None:
        self.everything = documents_of([audience_of_query(query)], others)
        self.sample = self.everything.one_in(SHARE)


def _count(kept: _Kept, name: str, asked: bytes, titles: _Titles) -> Counted:
    estimated = SHARE * _in_sample(kept, asked, titles) >= MOST_COUNTED
    facet = FACETS[name]
    rows = _grouped(titles.sample if estimated else titles.everything, facet)
    names = _names(facet, [value for value, _ in rows])
    return Counted(
        values=[
            Value(value=str(value), name=names[value], count=count * SHARE if estimated else count)
            for value, count in rows
            if value in names
        ],
        estimated=estimated,
    )


def _in_sample(kept: _Kept, asked: bytes, titles: _Titles) -> int:
    """Facets whose own parameter is not asked for leave the same titles: of several one finds it in the cache."""
    found: int = kept.read("sample", asked, titles.sample.count)
    return found


def _grouped(titles: SearchDocumentQuerySet, facet: Facet) -> list[tuple[Any, int]]:
    value: Any = F(facet.column)
    if facet.is_array:
        value = Func(value, function="unnest")
    else:
        titles = titles.exclude(**{facet.column: None})
    counts = titles.annotate(value=value).values("value").annotate(count=Count("*"))
    return list(counts.order_by("-count", "value").values_list("value", "count")[:MOST_VALUES])


def _names(facet: Facet, values: Collection[Any]) -> dict[Any, str]:
    """Value to what it is called; none for a key that was deleted: documents have it until the worker's next round."""
    if facet.names is None:
        return {value: str(value) for value in values}
    return dict(facet.names._default_manager.filter(pk__in=values).order_by().values_list("pk", "name"))
