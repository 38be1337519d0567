"""Titles and what they are linked to."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog.changes import changes_note
from catalog.models import Change, Content, ExternalId, Genre, Keyword, Studio
from catalog.registries import Ref
from catalog.services.external_ids import claims_release
from catalog.services.touching import contents_forget, contents_touch
from catalog.visibility import GATE_FIELDS, once_public
from streaming.stores.aliases import CATALOG


def content_save(*, content: Content) -> Content:
    """Inserts or updates a title. Publishing it for the first time dates `published_at`."""
    content.published_at = published_from(content.status, content.published_at)
    content.updated_at = timezone.now()
    if content._state.adding:
        content.created_at = content.updated_at
    with transaction.atomic(using=CATALOG):
        content.save(using=CATALOG)
        content.updated_at = contents_touch([content.content_id])
    return content


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
        changed = list(others.values_list("content_id", flat=True))
        Content.objects.using(CATALOG).filter(content_id__in=changed).update(**changes)
        contents_touch(changed)
    return len(changed)


def content_lock(*, content_id: UUID) -> datetime | None:
    """Keeps other writers from a title until the transaction ends. Its `updated_at`; None when it is gone."""
    row = Content.objects.using(CATALOG).select_for_update().filter(content_id=content_id)
    return row.values_list("updated_at", flat=True).first()


def content_delete(*, content: Content) -> None:
    """Deletes a title and its children. Plays and reviews keep its id and are no longer reachable through it."""
    contents_delete(content_ids=[content.content_id])


def contents_delete(*, content_ids: Collection[UUID]) -> None:
    """`content_delete` for several titles, all or none."""
    titles = Content.objects.using(CATALOG).filter(content_id__in=content_ids)
    with transaction.atomic(using=CATALOG):
        now = timezone.now()
        gates = {row["content_id"]: row for row in titles.order_by().values("content_id", *GATE_FIELDS)}
        there = list(gates)
        claimed = ExternalId.objects.using(CATALOG).filter(content_id__in=there).order_by()
        claims_release(
            content_ids=there, refs={Ref(*each) for each in claimed.values_list("scheme", "value")}
        )
        titles.delete()
        shown = {content_id: once_public(gate, by=now) for content_id, gate in gates.items()}
        changes_note(shown=shown, kind=Change.Kind.DELETED, at=now)
        contents_forget(content_ids=there)


def content_set_links(*, content: Content, **links: Iterable[Genre | Keyword | Studio]) -> None:
    """Sets what a title is linked to: `genres`, `keywords`, `studios`, those that are named."""
    with transaction.atomic(using=CATALOG):
        for name, targets in links.items():
            getattr(content, name).set(targets)
        contents_touch([content.content_id])
