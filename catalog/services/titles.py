"""Titles, what they are linked to, and all that hangs on them, saved and deleted.

Each is one transaction that holds its titles from its first statement on (`catalog.locking`), and touches them once.
Entry points: `content_save`, `contents_set_status`, `contents_delete`. Failure: `ChangeRefused`,
and what `catalog.services.children` says of rows; `django.db.Error`s.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog.changes import changes_note
from catalog.locking import contents_lock
from catalog.models import Change, Content, ExternalId, Genre, Keyword, Studio
from catalog.refusing import ChangeRefused
from catalog.registries import Ref
from catalog.services.children import children_hold, children_write
from catalog.services.external_ids import claims_release
from catalog.services.touching import contents_forget, contents_touch
from catalog.visibility import GATE_FIELDS, shown_by
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.writing import KeyedByContent

Links = Mapping[str, Iterable[Genre | Keyword | Studio]]  # by `genres`, `keywords`, `studios`
# Columns of a title that a save leaves alone: they are written by what follows from it, and by `recent_views_set`.
NOT_SAVED = {"content_id", "recent_views", "availability", "maturity", "next_change_at", "created_at"}


def content_save(
    *,
    content: Content,
    links: Links | None = None,
    saved: Sequence[KeyedByContent] = (),
    deleted: Sequence[KeyedByContent] = (),
) -> Content:
    """Inserts or updates a title, sets those of its links that are named, and saves and deletes rows of its tables, as
    `children_save` does: what follows from all of it follows once.

    Publishing it for the first time dates `published_at`. Raises `ChangeRefused` for one that was deleted or merged
    meanwhile.
    """
    with transaction.atomic(using=CATALOG):
        children_hold(content=content, saved=saved)
        _write(content)
        _set_links(content, links or {})
        children_write(content=content, saved=saved, deleted=deleted)
        content.updated_at = contents_touch([content.content_id])
    return content


def _write(content: Content) -> None:
    content.published_at = published_from(content.status, content.published_at)
    content.updated_at = timezone.now()
    if content._state.adding:
        content.created_at = content.updated_at
        content.save(using=CATALOG)
        return
    rows = Content.objects.using(CATALOG).filter(content_id=content.content_id)
    status = rows.values_list("status", flat=True).first()
    if status is None:
        raise ChangeRefused(f"“{content}” ({content.content_id}) was deleted.")
    if status == Content.Status.MERGED != content.status:
        raise ChangeRefused(f"“{content}” ({content.content_id}) was merged into another title.")
    columns = {field.attname for field in Content._meta.concrete_fields}
    content.save(using=CATALOG, update_fields=columns - NOT_SAVED)


def published_from(status: str, published_at: datetime | None) -> datetime | None:
    """When a title of this status counts as published from: as dated, else now for a published one."""
    if status == Content.Status.PUBLISHED and published_at is None:
        return timezone.now()
    return published_at


def contents_set_status(*, content_ids: Collection[UUID], status: Content.Status) -> int:
    """Sets the status of those titles that have another; first publications are dated. The number changed.

    A merged title keeps its status: `catalog.merging` undoes a merge.
    """
    changes: dict[str, Any] = {"status": status}
    if status == Content.Status.PUBLISHED:
        changes["published_at"] = Coalesce("published_at", Value(timezone.now()))
    titles = Content.objects.using(CATALOG).filter(content_id__in=content_ids)
    others = titles.exclude(status__in=(status, Content.Status.MERGED)).order_by()
    with transaction.atomic(using=CATALOG):
        contents_lock(content_ids)
        changed = list(others.values_list("content_id", flat=True))
        others.update(**changes)
        contents_touch(changed)
    return len(changed)


def content_delete(*, content: Content) -> None:
    """Deletes a title and its children. Plays and reviews keep its id and are no longer reachable through it."""
    contents_delete(content_ids=[content.content_id])


def contents_delete(*, content_ids: Collection[UUID]) -> None:
    """`content_delete` for several titles, all or none, with the claims to their external ids."""
    titles = Content.objects.using(CATALOG).filter(content_id__in=content_ids)
    with transaction.atomic(using=CATALOG):
        contents_lock(content_ids)
        now = timezone.now()
        gates = titles.order_by().values("content_id", "next_change_at", *GATE_FIELDS)
        shown = {gate["content_id"]: shown_by(gate, at=now) for gate in gates}
        there = list(shown)
        claimed = ExternalId.objects.using(CATALOG).filter(content_id__in=there).order_by()
        claims_release(
            content_ids=there, refs={Ref(*each) for each in claimed.values_list("scheme", "value")}
        )
        titles.delete()
        changes_note(shown=shown, kind=Change.Kind.DELETED, at=now)
        contents_forget(content_ids=there)


def _set_links(content: Content, links: Links) -> None:
    for name, targets in links.items():
        getattr(content, name).set(targets)
