"""Writes to the catalog: what the admin and the API save comes through here.

A write commits first and then makes the cached records it touched stale, so that what the API serves next is
what was saved. A title's children are saved with their title, whose `updated_at` moves along.

Two others write past these functions, by COPY and in bulk, and do themselves what is done here:
`catalog.importing` moves `updated_at` and calls `contents_forget` for the titles it changed; `catalog.seeding`
repairs the sequences behind the ids it chose, and its caller forgets all records.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog.models import Content, Credit, Genre, Person
from catalog.selectors import record_key
from streaming.stores.aliases import CATALOG
from streaming.stores.cache import forget, forget_all
from streaming.stores.citus.writing import KeyedByContent, mixed_transaction

MOST_KEYS_FORGOTTEN = 1000  # beyond, one new epoch is cheaper than naming the titles


def content_save(*, content: Content) -> Content:
    """Inserts or updates a title. Publishing it for the first time dates `published_at`."""
    now = timezone.now()
    content.published_at = published_from(content.status, content.published_at)
    content.updated_at = now
    if content._state.adding:
        content.created_at = now
    with transaction.atomic(using=CATALOG):
        content.save(using=CATALOG)
        contents_forget(content_ids=[content.content_id])
    return content


def published_from(status: str, published_at: datetime | None) -> datetime | None:
    """When a title of this status counts as published from: as dated, else now for a published one."""
    if status == Content.Status.PUBLISHED and published_at is None:
        return timezone.now()
    return published_at


def contents_set_status(*, content_ids: Collection[UUID], status: Content.Status) -> int:
    """Sets the status of those titles that have another; first publications are dated. The number changed."""
    now = timezone.now()
    changes: dict[str, Any] = {"status": status, "updated_at": now}
    if status == Content.Status.PUBLISHED:
        changes["published_at"] = Coalesce("published_at", Value(now))
    with transaction.atomic(using=CATALOG):
        titles = Content.objects.using(CATALOG).filter(content_id__in=content_ids).exclude(status=status)
        changed = titles.update(**changes)
        contents_forget(content_ids=content_ids)
    return changed


def content_lock(*, content_id: UUID) -> datetime | None:
    """Keeps other writers from a title until the transaction ends. Its `updated_at`; None when it is gone."""
    row = Content.objects.using(CATALOG).select_for_update().filter(content_id=content_id)
    return row.values_list("updated_at", flat=True).first()


def content_delete(*, content: Content) -> None:
    """Deletes a title and its children. Plays and reviews keep its id and are no longer reachable through it."""
    contents_delete(content_ids=[content.content_id])


def contents_delete(*, content_ids: Collection[UUID]) -> None:
    """`content_delete` for several titles, all or none."""
    with transaction.atomic(using=CATALOG):
        Content.objects.using(CATALOG).filter(content_id__in=content_ids).delete()
        contents_forget(content_ids=content_ids)


def content_set_genres(*, content: Content, genres: Iterable[Genre]) -> None:
    with transaction.atomic(using=CATALOG):
        content.genres.set(genres)
        _touch([content.content_id])


def children_save(
    *, content: Content, saved: Sequence[KeyedByContent], deleted: Sequence[KeyedByContent]
) -> None:
    """Saves and deletes rows of a title's child tables (credits, seasons), in one transaction with its touch.

    Raises `ValueError` when a row belongs to another title: a row does not move, delete it there and add it
    here. Raises `django.db.DatabaseError` when a row to be saved again is gone.
    """
    if any(row.content_id != content.content_id for row in [*saved, *deleted]):
        raise ValueError(f"A row does not belong to title {content.content_id}.")
    with transaction.atomic(using=CATALOG):
        for model, ids in _ids_by_model(deleted).items():
            rows: QuerySet[Any] = model._base_manager.using(CATALOG)
            rows.filter(content_id=content.content_id, pk__in=ids).delete()
        for row in saved:
            row.save(using=CATALOG)
        _touch([content.content_id])


def _ids_by_model(rows: Iterable[KeyedByContent]) -> dict[type[KeyedByContent], list[UUID]]:
    ids: dict[type[KeyedByContent], list[UUID]] = {}
    for row in rows:
        ids.setdefault(type(row), []).append(row.pk)
    return ids


def person_save(*, person: Person) -> Person:
    with mixed_transaction(CATALOG):
        person.save(using=CATALOG)
        _touch(_contents_of(person))
        # Asked again after the commit: a credit that another editor committed meanwhile is not among those above.
        transaction.on_commit(lambda: contents_forget(content_ids=_contents_of(person)), using=CATALOG)
    return person


def people_delete(*, person_ids: Collection[UUID]) -> None:
    """Deletes people, all or none. Raises `django.db.models.ProtectedError` while one is credited anywhere."""
    with mixed_transaction(CATALOG):
        Person.objects.using(CATALOG).filter(person_id__in=person_ids).delete()


def genre_save(*, genre: Genre) -> Genre:
    """Adds or renames a genre. `updated_at` of its titles stays: they may be a hundred thousand.

    Nothing that is served depends on it: every cached record is forgotten, and an ETag is made of the answer.
    """
    with mixed_transaction(CATALOG):
        genre.save(using=CATALOG)
        transaction.on_commit(forget_all, using=CATALOG)
    return genre


def genres_delete(*, genre_ids: Collection[int]) -> None:
    """Deletes genres, all or none; their titles stay, without them and with their `updated_at` (see `genre_save`)."""
    with mixed_transaction(CATALOG):
        Genre.objects.using(CATALOG).filter(genre_id__in=genre_ids).delete()
        transaction.on_commit(forget_all, using=CATALOG)


def _contents_of(person: Person) -> list[UUID]:
    """Each title once. On Citus this asks every shard: a person's credits lie with their titles, on all of them."""
    credited = Credit.objects.using(CATALOG).filter(person=person).order_by()
    return list(credited.values_list("content_id", flat=True).distinct())


def _touch(content_ids: Sequence[UUID]) -> None:
    """Moves `updated_at` of titles whose children changed, and forgets their records."""
    if content_ids:
        Content.objects.using(CATALOG).filter(content_id__in=content_ids).update(updated_at=timezone.now())
        contents_forget(content_ids=content_ids)


def contents_forget(*, content_ids: Collection[UUID]) -> None:
    """Drops the cached records of titles once the transaction under way commits, or at once without one."""
    if len(content_ids) > MOST_KEYS_FORGOTTEN:
        transaction.on_commit(forget_all, using=CATALOG)
    else:
        keys = [record_key(content_id) for content_id in content_ids]
        transaction.on_commit(partial(forget, keys), using=CATALOG)
