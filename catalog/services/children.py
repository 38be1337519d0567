"""The rows of a title's child tables: credits, seasons, episodes, texts, pictures, windows, ratings, and the like.

A credit is of whom its person is now: somebody who was merged meanwhile has none.

Entry points: `children_save`; `children_hold` and `children_write` within a transaction that saves more of the title.
Failure: `ValueError` for a row of another title, `django.db.DatabaseError` for one that is gone or may not stand beside
another, `NoExternalId` for what is none, and of `ChangeRefused` `ExternalIdTaken`, `WindowsOverlap`, `SeriesRefused`
and `CollectionRefused`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import DatabaseError, transaction

from catalog.locking import contents_lock, people_lock
from catalog.models import (
    AvailabilityWindow,
    CollectionItem,
    Content,
    Credit,
    Episode,
    ExternalId,
    Person,
)
from catalog.services.collections import items_check
from catalog.services.episodes import episodes_check, episodes_release, seasons_add
from catalog.services.external_ids import rows_claim
from catalog.services.rows import only, rows_of
from catalog.services.touching import contents_touch
from catalog.services.windows import windows_refuse_overlap
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.writing import KeyedByContent


def children_save(
    *, content: Content, saved: Sequence[KeyedByContent], deleted: Sequence[KeyedByContent]
) -> None:
    """Saves and deletes rows of a title's child tables, in one transaction with its touch.

    Rows that are there already are taken out and put in again under their ids: so two may trade what only one can
    have (the numbers of two episodes, the primary of two posters), and a hundred cost the statements of one. An
    episode takes its places in other orders and its markers along when it goes, and brings its season's row.
    Raises `ValueError` when a row belongs to another title: a row does not move, delete it there and add it here.
    Raises `django.db.DatabaseError` when a row to be saved again is gone, `ExternalIdTaken` for an external id of
    another title, `SeriesRefused` for what `catalog.services.episodes` does not let stand, and `WindowsOverlap` and
    `CollectionRefused` likewise.
    """
    with transaction.atomic(using=CATALOG):
        children_hold(content=content, saved=saved)
        children_write(content=content, saved=saved, deleted=deleted)
        contents_touch([content.content_id])


def children_hold(*, content: Content, saved: Sequence[KeyedByContent]) -> None:
    """To be called first in a transaction that saves these rows of a title: nobody else writes it, or merges the people
    who are credited in them."""
    people_lock(row.person_id for row in only(Credit, saved))
    contents_lock([content.content_id])


def children_write(
    *, content: Content, saved: Sequence[KeyedByContent], deleted: Sequence[KeyedByContent]
) -> None:
    """`children_save` in the transaction under way, which began with `children_hold` and touches the title after."""
    if any(row.content_id != content.content_id for row in [*saved, *deleted]):
        raise ValueError(f"A row does not belong to title {content.content_id}.")
    _check(content, saved, deleted)
    rows_claim(
        content_id=content.content_id, saved=only(ExternalId, saved), deleted=only(ExternalId, deleted)
    )
    episodes_release(
        content_ids=[content.content_id], gone=[episode.pk for episode in only(Episode, deleted)]
    )
    for model, rows in _by_model(deleted).items():
        rows_of(content.content_id, model).filter(pk__in=[row.pk for row in rows]).delete()
    changed = _by_model(saved)
    for model, rows in changed.items():
        _take_out(content, model, [row.pk for row in rows if not row._state.adding])
    if Credit in changed:
        changed[Credit] = _of_who_they_are(content, only(Credit, saved))
    for model, rows in changed.items():
        model._base_manager.using(CATALOG).bulk_create(rows)
    seasons_add(content_id=content.content_id, saved=saved)


def _check(content: Content, saved: Sequence[KeyedByContent], deleted: Sequence[KeyedByContent]) -> None:
    """What the rows may not be beside what is there, whoever else saves."""
    windows_refuse_overlap(
        content=content, saved=only(AvailabilityWindow, saved), deleted=only(AvailabilityWindow, deleted)
    )
    episodes_check(content_id=content.content_id, saved=saved, deleted=deleted)
    items_check(
        content_id=content.content_id,
        collection_ids=[item.collection_id for item in only(CollectionItem, saved)],
    )


def _of_who_they_are(content: Content, credits: Sequence[Credit]) -> list[KeyedByContent]:
    """The credits, less those of somebody who was merged into who has that part already, as after the merge itself.

    One query; one more where somebody was merged. To be asked when the rows to be saved again are out.
    """
    named = Person.objects.using(CATALOG).filter(person_id__in={credit.person_id for credit in credits})
    merged = named.filter(merged_into__isnull=False).order_by()
    into = dict(merged.values_list("person_id", "merged_into_id"))
    if not into:
        return list(credits)
    led = [credit for credit in credits if credit.person_id in into]
    kept: list[KeyedByContent] = [credit for credit in credits if credit.person_id not in into]
    there = Credit.objects.using(CATALOG).filter(content_id=content.content_id, person_id__in=into.values())
    parts = {credit.part for credit in (*there, *only(Credit, kept))}
    for credit in led:
        credit.person_id = into[credit.person_id]
        if credit.part not in parts:
            parts.add(credit.part)
            kept.append(credit)
    return kept


def _take_out(content: Content, model: type[KeyedByContent], ids: list[UUID]) -> None:
    if not ids:
        return
    taken, _ = rows_of(content.content_id, model).filter(pk__in=ids).delete()
    if taken < len(ids):
        raise DatabaseError(
            f"A row to be saved is not a row of title {content.content_id}: {model.__name__}."
        )


def _by_model(rows: Iterable[KeyedByContent]) -> dict[type[KeyedByContent], list[KeyedByContent]]:
    grouped: defaultdict[type[KeyedByContent], list[KeyedByContent]] = defaultdict(list)
    for row in rows:
        grouped[type(row)].append(row)
    return grouped
