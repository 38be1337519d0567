"""Collections as the public sees them: published ones, and of those the public titles.

A collection is picked by hand or has a rule, which is a question to `catalog.listing`. A rule that can no longer be
answered (it names a genre that was deleted) finds nothing, and says so in the log.

Entry points: `collections_after`, `published_collection`, `collection_titles`. Failure:
`rest_framework.exceptions.ValidationError` for a cursor of another list, `django.db.Error`s.
"""

import logging
from uuid import UUID

from django.db.models import Q

from catalog.languages import Chain
from catalog.listing import Page, Unreadable, parse, titles_list
from catalog.models import Collection, CollectionItem, SearchDocument
from catalog.selectors.cards import title_cards
from catalog.visibility import Audience
from streaming.api.pages import cursor_of, exactly, parse_cursor, split_page, whole_number

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
    *, collection: Collection, audience: Audience, limit: int, cursor: str | None = None, chain: Chain = ()
) -> Page:
    """Up to `limit` of its titles past the cursor: in the order that they were put in, or that its rule says."""
    if not collection.rule:
        return _picked(collection, audience, limit, cursor, chain)
    try:
        query = parse(collection.rule)
        return titles_list(query=query, limit=limit, cursor=cursor, audience=audience, chain=chain)
    except Unreadable as error:
        logger.warning("collection %s finds nothing: %s", collection.collection_id, error)
        return Page([], None)


def _picked(collection: Collection, audience: Audience, limit: int, cursor: str | None, chain: Chain) -> Page:
    """All that are left are read, which `catalog.services.collections` bounds, for any of them may be hidden.

    Titles' visibility is asked apart: a join of two tables fails on Citus while one of them is being distributed.
    """
    after = parse_cursor(cursor, exactly(str(collection.collection_id)), whole_number, UUID)
    items = CollectionItem.objects.filter(collection=collection).order_by("position", "content_id")
    if after is not None:
        _, position, content_id = after
        items = items.filter(Q(position__gt=position) | Q(position=position, content_id__gt=content_id))
    places = list(items.values_list("position", "content_id"))
    ids = [content_id for _, content_id in places]
    shown = SearchDocument.objects.public(audience).filter(content_id__in=ids).order_by()
    public = set(shown.values_list("content_id", flat=True))
    page, last = split_page([place for place in places if place[1] in public][: limit + 1], limit)
    ids = [content_id for _, content_id in page]
    cards = title_cards(content_ids=ids, audience=audience, chain=chain)
    return Page(cards, cursor_of(collection.collection_id, *last) if last else None)
