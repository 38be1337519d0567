"""Bringing documents and words up to their titles' rows, batch by batch, beside readers and writers.

A batch is compared first, and only what differs is written, each batch in a transaction of its own. So what was written
before a kill is not written again: a rebuild that is run again goes on where it was cut off, with no progress kept
anywhere. What is written is read while its titles are held (`catalog.locking`): who saves one meanwhile waits, or is
waited for and then read. A document that something shared left behind is of a title that shows a new name: in the same
transaction the feed of changes notes it. Who renames leaves that to here, for it may be a hundred thousand titles.

Entry points: `documents_rebuild`, `stale_rewrite`, `missing_count`, `missing_write`, `documents_fill`. Failure:
`django.db.Error`s; what was written stays.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from django.db import transaction

from catalog.changes import changes_note_again
from catalog.locking import again_after_deadlock, contents_lock
from catalog.models import Content, SearchDocument
from catalog.querysets import ContentQuerySet
from catalog.search.comparing import batches, compared
from catalog.search.documents import AT_ONCE, document_of, documents_copy, documents_write
from catalog.search.facts import facts_of
from catalog.search.words import words_add, words_prune
from streaming.stores.aliases import CATALOG

FILLED_AT_ONCE = 2000


@dataclass
class Rebuilt:
    titles: int = 0
    written: int = 0
    removed: int = 0
    words_added: int = 0
    words_removed: int = 0


def documents_rebuild(*, looked_at: Callable[[int], None] = lambda count: None) -> Rebuilt:
    """Has every title one document that is as its rows are, and the words those of the documents."""
    rebuilt = Rebuilt()
    for batch in batches():
        seen = compared(batch)
        differing = {each.content_id for each in seen.differences} | set(seen.stale)
        if differing:
            rebuilt.written += _rewrite(differing)
            rebuilt.removed += _remove_orphans(differing)
        if seen.words:
            with transaction.atomic(using=CATALOG):
                rebuilt.words_added += words_add(seen.words)
        rebuilt.titles += len(batch.ids)
        looked_at(len(batch.ids))
    rebuilt.words_removed = words_prune()
    return rebuilt


def stale_rewrite(*, most: int, looked_at: Callable[[int], None] = lambda count: None) -> int:
    """Writes up to `most` of the documents that something shared left behind; how many."""
    written = 0
    stale = SearchDocument.objects.using(CATALOG).filter(is_stale=True).order_by("content_id")
    while written < most:
        ids = list(stale.values_list("content_id", flat=True)[: min(AT_ONCE, most - written)])
        if not ids:
            break
        _rewrite(ids)
        written += len(ids)
        looked_at(len(ids))
    return written


def missing_count() -> int:
    """How many titles have no document, so that no list and no search shows them: one pass over the two keys."""
    return _undocumented().count()


def missing_write(*, most: int, looked_at: Callable[[int], None] = lambda count: None) -> int:
    """Writes up to `most` of the documents that are missing, as after an upgrade; how many.

    Which those are is asked once, in one pass, and the server keeps the answer: only a batch of it is here at a time.
    """
    missing = _undocumented().values_list("content_id", flat=True)[:most].iterator(chunk_size=AT_ONCE)
    written = 0
    while ids := list(islice(missing, AT_ONCE)):
        _rewrite(ids)
        written += len(ids)
        looked_at(len(ids))
    return written


def _undocumented() -> ContentQuerySet:
    return Content.objects.using(CATALOG).filter(search_document__isnull=True).order_by()


def _rewrite(ids: Collection[UUID]) -> int:
    """How many documents were written; once more after a deadlock, for others bring words at the same time."""

    def held_and_written() -> int:
        with transaction.atomic(using=CATALOG):
            contents_lock(ids)
            changes_note_again(content_ids=_left_behind(ids))
            return documents_write(content_ids=ids)

    return again_after_deadlock(held_and_written)


def _left_behind(ids: Collection[UUID]) -> list[UUID]:
    stale = SearchDocument.objects.using(CATALOG).filter(content_id__in=ids, is_stale=True).order_by()
    return list(stale.values_list("content_id", flat=True))


def _remove_orphans(ids: Collection[UUID]) -> int:
    """Of these ids, documents whose title is gone."""
    with transaction.atomic(using=CATALOG):
        titles = Content.objects.using(CATALOG).filter(content_id__in=ids).order_by()
        gone = set(ids).difference(titles.values_list("content_id", flat=True))
        return SearchDocument.objects.using(CATALOG).filter(content_id__in=gone).delete()[0] if gone else 0


def documents_fill() -> Iterator[UUID]:
    """Writes every title's document into an empty table, which is quicker than bringing them up; each as it is written.

    Their words come last, once all were taken.
    """
    words: set[str] = set()
    for batch in batches(at_once=FILLED_AT_ONCE):
        with transaction.atomic(using=CATALOG):
            words |= documents_copy(map(document_of, facts_of(batch.ids)))
        yield from batch.ids
    with transaction.atomic(using=CATALOG):
        words_add(words)
