"""Collections: their names, their rules, and the titles that are put into them by hand.

No title is touched: nothing that is kept of one says which collections it is in. Titles are held before collections
(`catalog.locking`), and whoever puts a title into a collection asks `items_check`, which holds the collection. Failure:
`CollectionRefused`; Django's `ValidationError` for a rule that cannot be read; `django.db.Error`s.
"""

from collections.abc import Collection as Some
from collections.abc import Sequence
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet

from catalog.listing import Unreadable, parse
from catalog.listing.conditions import conditions
from catalog.locking import collections_lock, contents_lock
from catalog.models import Collection, CollectionItem
from catalog.refusing import ChangeRefused
from catalog.selectors import existing_ids
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.writing import mixed_transaction

MOST_ITEMS = 1000  # of a collection picked by hand; a page of it reads them all


class CollectionRefused(ChangeRefused):
    """This title cannot be in this collection, or the collection cannot be so."""


def rule_check(rule: str) -> None:
    """Raises `ValidationError` for a rule that `GET /content` would refuse, in the same words."""
    try:
        conditions(parse(rule))
    except Unreadable as error:
        raise ValidationError(
            [f"{name}: {told}" if name else told for name, told in error.errors.items()]
        ) from error


def collection_save(*, collection: Collection, content_ids: Sequence[UUID] | None = None) -> Collection:
    """Inserts or updates a collection, and has these titles in it as `collection_set_items` does; None leaves it those
    that it has. One with titles put in by hand takes no rule: they would be hidden behind it.
    """
    try:
        rule_check(collection.rule)
    except ValidationError as error:
        raise ValidationError({"rule": error.messages}) from error
    with mixed_transaction(CATALOG):
        contents_lock(content_ids or ())  # before the collection is held
        if not collection._state.adding:
            _check_saved(collection)
        collection.save(using=CATALOG)
        if content_ids is not None:
            collection_set_items(collection_id=collection.collection_id, content_ids=content_ids)
    return collection


def collections_delete(*, collection_ids: Some[UUID]) -> None:
    """Deletes collections, all or none; their titles stay."""
    with mixed_transaction(CATALOG):
        collections_lock(collection_ids)
        CollectionItem.objects.using(CATALOG).filter(collection_id__in=collection_ids).delete()
        Collection.objects.using(CATALOG).filter(collection_id__in=collection_ids).delete()


def collection_set_items(*, collection_id: UUID, content_ids: Sequence[UUID]) -> None:
    """Has these titles in the collection, in this order, and no others; writes only what differs.

    Raises `Collection.DoesNotExist`; `CollectionRefused` for a collection with a rule, for a title that there is not,
    that is named twice, or that is one too many.
    """
    ids = list(content_ids)
    if len(set(ids)) < len(ids):
        raise CollectionRefused("A title is in a collection once.")
    with mixed_transaction(CATALOG):
        contents_lock(ids)
        collections_lock([collection_id])
        collection = Collection.objects.using(CATALOG).get(collection_id=collection_id)
        _check(collection, len(ids))
        if missing := set(ids) - existing_ids(ids):
            raise CollectionRefused(f"There is no title {', '.join(sorted(map(str, missing)))}.")
        _write_order(collection, ids)


def _check_saved(collection: Collection) -> None:
    collections_lock([collection.collection_id])
    if collection.rule and _items(collection.collection_id).exists():
        raise CollectionRefused(
            f"“{collection}” has titles that were put in by hand: take them out, then it may have a rule."
        )


def items_check(*, content_id: UUID, collection_ids: Some[UUID]) -> None:
    """Raises `CollectionRefused` unless each of these collections may have this title; holds them until the end of the
    transaction, which holds the title. Two queries, none for no collection."""
    if not collection_ids:
        return
    collections_lock(collection_ids)
    items = CollectionItem.objects.using(CATALOG).filter(collection_id__in=collection_ids).order_by()
    others = items.exclude(content_id=content_id).values_list("collection_id").annotate(titles=Count("*"))
    number = dict(others)
    for collection in Collection.objects.using(CATALOG).filter(collection_id__in=collection_ids):
        _check(collection, number.get(collection.collection_id, 0) + 1)


def _check(collection: Collection, titles: int) -> None:
    if collection.rule:
        raise CollectionRefused(f"“{collection}” has a rule, which says what is in it.")
    if titles > MOST_ITEMS:
        raise CollectionRefused(
            f"“{collection}” is picked by hand, and such has at most {MOST_ITEMS:,} titles."
        )


def _write_order(collection: Collection, ids: Sequence[UUID]) -> None:
    items = _items(collection.collection_id)
    there = dict(items.order_by().values_list("content_id", "position"))
    gone = set(there) - set(ids)
    if gone:
        items.filter(content_id__in=gone).delete()
    CollectionItem.objects.using(CATALOG).bulk_create(
        [
            CollectionItem(content_id=content_id, collection=collection, position=position)
            for position, content_id in enumerate(ids)
            if there.get(content_id) != position
        ],
        update_conflicts=True,
        unique_fields=["content", "collection"],
        update_fields=["position"],
    )


def _items(collection_id: UUID) -> QuerySet[CollectionItem]:
    return CollectionItem.objects.using(CATALOG).filter(collection_id=collection_id)
