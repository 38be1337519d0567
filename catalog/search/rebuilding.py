"""Writing documents anew from their rows, batch by batch, beside readers and writers.

Entry points: `documents_rebuild`. Failure: `django.db.Error`s; what was written stays.
"""

from collections.abc import Iterator
from uuid import UUID

from django.db import transaction

from catalog.models import Content
from catalog.search.documents import AT_ONCE, documents_write
from streaming.stores.aliases import CATALOG


def documents_rebuild() -> int:
    """Writes every title's document; how many."""
    written = 0
    for ids in _batches():
        with transaction.atomic(using=CATALOG):
            written += documents_write(content_ids=ids)
    return written


def _batches() -> Iterator[list[UUID]]:
    last: UUID | None = None
    while True:
        rows = Content.objects.using(CATALOG).after_id(last).values_list("content_id", flat=True)
        ids = list(rows[:AT_ONCE])
        if not ids:
            return
        yield ids
        last = ids[-1]
