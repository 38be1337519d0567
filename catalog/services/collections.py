"""Collections: their names, their rules, and the titles that are put into them by hand.

No title is touched: nothing that is kept of one says which collections it is in. Failure: Django's `ValidationError`
with the field that is wrong; `django.db.Error`s.
"""

from collections.abc import Sequence
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from catalog.listing import Unreadable, parse
from catalog.listing.conditions import conditions
from catalog.models import Collection, CollectionItem
from catalog.selectors import existing_ids
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.writing import mixed_transaction

MOST_ITEMS = 1000  # of a collection picked by hand; a page of it reads them all


def rule_check(rule: str) -> None:
    """Raises `ValidationError` for a rule that `GET /content` would refuse, in the same words."""
    try:
        conditions(parse(rule))
    except Unreadable as error:
        raise ValidationError(
            [f"{name}: {told}" if name else told for name, told in error.errors.items()]
        ) from error


def collection_save(*, collection: Collection) -> Collection:
    """Inserts or updates a collection. One with titles put in by hand takes no rule: they would be hidden behind it."""
    try:
        rule_check(collection.rule)
    except ValidationError as error:
        raise ValidationError({"rule": error.messages}) from error
    with mixed_transaction(CATALOG):
        if collection.rule and not collection._state.adding and _items(collection.collection_id).exists():
            raise ValidationError({"rule": "Titles were put in by hand. Take them out first."})
        collection.save(using=CATALOG)
    return collection


def collection_delete(*, collection_id: UUID) -> None:
    """Deletes a collection; its titles stay."""
    with mixed_transaction(CATALOG):
        _items(collection_id).delete()
        Collection.objects.using(CATALOG).filter(collection_id=collection_id).delete()


def collection_set_items(*, collection_id: UUID, content_ids: Sequence[UUID]) -> None:
    """Has these titles in the collection, in this order, and no others; writes only what differs.

    Raises `Collection.DoesNotExist`; `ValidationError` for a collection with a rule, for a title that there is not,
    that is named twice, or that is one too many.
    """
    ids = list(content_ids)
    if len(set(ids)) < len(ids):
        raise ValidationError({"items": "A title is in a collection once."})
    if len(ids) > MOST_ITEMS:
        raise ValidationError({"items": f"A collection picked by hand has at most {MOST_ITEMS:,} titles."})
    with mixed_transaction(CATALOG):
        # The lock keeps a second editor's order from being mixed with this one.
        collection = Collection.objects.using(CATALOG).select_for_update().get(collection_id=collection_id)
        if collection.rule:
            raise ValidationError({"items": "This collection has a rule, which says what is in it."})
        if missing := set(ids) - existing_ids(ids):
            raise ValidationError({"items": f"There is no title {', '.join(sorted(map(str, missing)))}."})
        _write_order(collection, ids)


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
