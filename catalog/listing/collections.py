"""Collections as the public sees them: published ones, and of those the public titles.

A collection is picked by hand or has a rule, which is a question to `catalog.listing`. A rule that can no longer be
answered (it names a genre that was deleted) finds nothing, and says so in the log.

Entry points: `collections_after`, `published_collection`, `collection_titles`, `place_reader`. Failure:
`django.db.Error`s.
"""

import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Q

from catalog.languages import Chain
from catalog.listing.titles import Page, titles_list
from catalog.listing.vocabulary import Unreadable, parse
from catalog.models import Collection, CollectionItem, SearchDocument
from catalog.orders import ORDERS, Place
from catalog.selectors.cards import title_cards
from catalog.visibility import Audience
from streaming.api.pages import plain_text, split_page, whole_number

logger = logging.getLogger(__name__)


def collections_after(*, after: tuple[str, UUID] | None, limit: int) -> list[Collection]:
    """Up to `limit` published collections by name, past the name and id of one."""
    published = Collection.objects.filter(is_published=True).order_by("name", "collection_id")
    if after is not None:
        name, collection_id = after
        published = published.filter(Q(name__gt=name) | Q(name=name, collection_id__gt=collection_id))
    return list(published[:limit])


def published_collection(*, collection_id: UUID) -> Collection | None:
    return Collection.objects.filter(collection_id=collection_id, is_published=True).first()


def collection_titles(
    *, collection: Collection, audience: Audience, limit: int, after: Place | None = None, chain: Chain = ()
) -> Page:
    """Up to `limit` of its titles past a place: in the order that they were put in, or that its rule says."""
    if not collection.rule:
        return _picked(collection, audience, limit, after, chain)
    try:
        query = parse(collection.rule)
        return titles_list(query=query, limit=limit, after=after, audience=audience, chain=chain)
    except Unreadable as error:
        logger.warning("collection %s finds nothing: %s", collection.collection_id, error)
        return Page([], None)


def place_reader(collection: Collection) -> Callable[[str], Any]:
    """How a cursor's text is read as the value by which its titles are ordered."""
    if not collection.rule:
        return whole_number
    try:
        return ORDERS[parse(collection.rule).sort].read
    except Unreadable:
        return plain_text  # it finds nothing, wherever a page of it begins


def _picked(
    collection: Collection, audience: Audience, limit: int, after: Place | None, chain: Chain
) -> Page:
    """All that are left are read, which `catalog.services.collections` bounds, for any of them may be hidden.

    Titles' visibility is asked apart: a join of two tables fails on Citus while one of them is being distributed.
    """
    items = CollectionItem.objects.filter(collection=collection).order_by("position", "content_id")
    if after is not None:
        position, content_id = after
        items = items.filter(Q(position__gt=position) | Q(position=position, content_id__gt=content_id))
    places = list(items.values_list("position", "content_id"))
    ids = [content_id for _, content_id in places]
    shown = SearchDocument.objects.public(audience).filter(content_id__in=ids).order_by()
    public = set(shown.values_list("content_id", flat=True))
    page, last = split_page([place for place in places if place[1] in public][: limit + 1], limit)
    ids = [content_id for _, content_id in page]
    cards = title_cards(content_ids=ids, audience=audience, chain=chain)
    return Page(cards, last)
