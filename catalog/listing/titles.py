"""A page of the titles that a `ListQuery` asks for, from search documents alone.

Entry points: `documents_of`, `audience_of_query`, `titles_list`. Failure: `Unreadable` for names that there are not,
`django.db.Error`s.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from catalog.audience import audience_of
from catalog.languages import Chain
from catalog.listing.conditions import conditions
from catalog.listing.vocabulary import ListQuery
from catalog.milestones import first_along
from catalog.models import SearchDocument
from catalog.orders import ORDERS, Place
from catalog.querysets import SearchDocumentQuerySet
from catalog.selectors.cards import title_cards
from catalog.visibility import Audience
from streaming.api.pages import split_page


@dataclass(frozen=True)
class Page:
    """Cards in order, and the place of the last one where more follow."""

    results: list[dict[str, Any]]
    last: Place | None


def audience_of_query(query: ListQuery) -> Audience:
    return audience_of({"available_in": query.available_in, "maturity_lte": query.maturity_lte})


def documents_of(audiences: Iterable[Audience], wanted: Iterable[Q]) -> SearchDocumentQuerySet:
    """Documents that every one of these audiences may see and every condition holds of, in no order."""
    documents: SearchDocumentQuerySet = SearchDocument.objects.filter(*wanted).order_by()
    for audience in audiences:
        documents = documents.public(audience)
    return documents


def titles_list(
    *,
    query: ListQuery,
    limit: int,
    after: Place | None = None,
    audience: Audience | None = None,
    chain: Chain = (),
) -> Page:
    """Up to `limit` titles past a place. `audience` is one to hold beside the query's own: a rule has both.

    Four queries, one for each kind of name that is asked for, and one with a chain of languages; in a catalog that has
    milestones up to two more where few titles pass.
    """
    own = audience_of_query(query)
    documents = documents_of([own, *([audience] if audience else [])], conditions(query).values())
    places = documents.annotate(place=ORDERS[query.sort].value).values_list("place", "content_id")
    page, last = split_page(first_along(places, query.sort, after=after, most=limit + 1), limit)
    cards = title_cards(content_ids=[content_id for _, content_id in page], audience=own, chain=chain)
    return Page(cards, last)
