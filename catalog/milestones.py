"""Places along an order of titles, about 5,000 public ones from its beginning, then twice as far each time.

Whoever takes a page of titles in an order, of those that pass a filter, has PostgreSQL choose: walk along the order
until the page is full, or find all that pass by another index and sort them. It chooses by how many it expects to
pass, and takes filters for independent of each other and of the order. Of two genres that never go together, or of a
word that no popular title has, it then walks along a million titles and finds nothing. So pages are asked for up to
the next milestone, up to a farther one where that has a fair part of the page, and of all titles, without a walk, only
where neither fills it: no walk is long and finds little.

Public ones are counted, because the hidden stand together: the newest are not out yet, the last added are drafts. The
places are those of a sample, kept for a while: a milestone of a minute ago bounds as well. They decide how a page is
found, never what is on it. Entry points: `first_along`, `milestones_ahead`. Failure: `django.db.Error`s.
"""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from catalog.models import SearchDocument
from catalog.orders import ORDERS, Order, Place
from catalog.samples import sampled

FARTHEST = 3  # milestones behind the next one, so eight times as far; titles that stand thinner are few enough to sort
FIRST = 5_000  # public titles; to walk along them takes about 5 ms on two cores
SHARE = 512  # one title of so many is in the sample


def milestones_ahead(sort: str, after: Place | None = None) -> list[Place]:
    """Those past a place, the next one first. Up to it there are at most as many titles as went before, or `FIRST`;
    each other is twice as far from the beginning.
    """
    order = ORDERS[sort]

    def told(places: list[list[str]]) -> list[Place]:
        return [(order.read(value), UUID(content_id)) for value, content_id in places]

    milestones = sampled(f"catalog:milestones:{sort}", lambda: _sampled(order), told)
    return [each for each in milestones if after is None or order.follows(each, after)]


def first_along(
    documents: QuerySet[SearchDocument, Any], sort: str, *, after: Place | None = None, most: int
) -> list[Any]:
    """The first `most` past a place, in order, of documents in none."""
    order, ahead = ORDERS[sort], milestones_ahead(sort, after)
    if after is not None:
        documents = documents.filter(order.after(after))

    def until(milestone: Place) -> list[Any]:
        return list(documents.filter(order.until(milestone)).order_by(*order.fields())[:most])

    if not ahead:
        return list(documents.order_by(*order.fields())[:most])
    found = until(ahead[0])
    if 0 < len(found) < most:
        farther = (most // len(found)).bit_length()  # where they stand as thick, there are enough up to there
        if farther <= FARTHEST and farther < len(ahead):
            found = until(ahead[farther])
    return found if len(found) == most else list(documents.order_by(*order.fields(walked=False))[:most])


def _sampled(order: Order) -> list[Any]:
    """Of each milestone the value and id as texts, as a cursor has them."""
    sample = SearchDocument.objects.public().one_in(SHARE)
    places = list(
        sample.annotate(place=order.value).order_by(*order.fields()).values_list("place", "content_id")
    )
    found, rank = [], FIRST // SHARE
    while rank <= len(places):
        found.append([str(each) for each in places[rank - 1]])
        rank *= 2
    return found
