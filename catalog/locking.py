"""Who writes a title, a collection or a person keeps others from it until the end of the transaction.

One rule for all writers keeps them from waiting for each other in a circle: people first, then titles, then
collections, each kind at once, and only then rows: of the title, its children, claims and documents. Every service that
writes titles begins with `contents_lock`; what it reads after that is what it writes upon.

Who renames what titles share takes `all_contents_lock` in its place. The titles that show a name are not all to be
known: one may be about to show it that no other transaction sees yet. So every writer of titles has a share in a lock
over all of them, and who renames has that alone: it waits for the writers under way, an import's batch at longest, and
those that come after it wait, read the new name and write that.

The locks are advisory ones, those of a kind taken at once and in one order. Rows themselves cannot be locked so: Citus
refuses `SELECT … FOR UPDATE` over several shards, an `UPDATE … IN` takes its rows in the order of a plan, on plain
PostgreSQL as well, and one statement for each title would cost an import a thousand of them a batch. For the same
reason `contents_touch` and all that follows may write rows in any order: nobody else is there.

What is locked is one of `SLOTS` numbers, not the id itself: so a batch of any size stays within the server's table of
locks (`max_locks_per_transaction`). Two titles of one number wait for each other without need, one pair in 4096.
On Citus the locks are of the coordinator, where every writer's transaction is.

Entry points: `contents_lock`, `content_lock`, `all_contents_lock`, `collections_lock`, `people_lock`, `everybody_lock`;
`again_after_deadlock` for batches that may be repeated: words and claims that two bring at once are still rows in an
order of their own. Failure: `django.db.Error`s.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db import OperationalError, connections
from psycopg2.errors import DeadlockDetected

from catalog.models import Content
from streaming.stores.aliases import CATALOG

T = TypeVar("T")
SLOTS = 4096
# "cat1" …: the first half of the locks' keys.
PEOPLE, TITLES, COLLECTIONS = 0x63617431, 0x63617432, 0x63617433
ATTEMPTS = 3
ALL = -1  # no slot: who locks some of a kind shares it, who locks all of them has it alone
LOCK_ALL = "SELECT pg_advisory_xact_lock(%(kind)s, %(all)s)"
LOCK = """
SELECT pg_advisory_xact_lock_shared(%(kind)s, %(all)s);
SELECT pg_advisory_xact_lock(%(kind)s, slot) FROM unnest(%(slots)s::int[]) AS slot
"""


def contents_lock(content_ids: Iterable[UUID]) -> None:
    """To be called first in a transaction that writes these titles, once, with all of them."""
    _lock(TITLES, content_ids)


def content_lock(*, content_id: UUID) -> datetime | None:
    """`contents_lock` for one title. Its `updated_at`; None when it is gone."""
    contents_lock([content_id])
    titles = Content.objects.using(CATALOG).filter(content_id=content_id)
    return titles.values_list("updated_at", flat=True).first()


def all_contents_lock() -> None:
    """Nobody else writes any title; in place of `contents_lock`, never after it."""
    _lock_all(TITLES)


def collections_lock(collection_ids: Iterable[UUID]) -> None:
    """Of these collections rules and items stay as they are."""
    _lock(COLLECTIONS, collection_ids)


def people_lock(person_ids: Iterable[UUID]) -> None:
    """Nobody else merges these people or undoes it."""
    _lock(PEOPLE, person_ids)


def everybody_lock() -> None:
    """Nobody merges anybody or undoes it: for an import, whose batch credits thousands, one lock instead of theirs."""
    _lock_all(PEOPLE)


def _lock(kind: int, ids: Iterable[UUID]) -> None:
    slots = sorted({each.int % SLOTS for each in ids})
    if slots:
        with connections[CATALOG].cursor() as cursor:
            cursor.execute(LOCK, {"kind": kind, "all": ALL, "slots": slots})


def _lock_all(kind: int) -> None:
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(LOCK_ALL, {"kind": kind, "all": ALL})


def again_after_deadlock(transact: Callable[[], T]) -> T:
    """What `transact` returns, a whole transaction that may be repeated; a database that ends it for a deadlock is
    asked twice more."""
    for _ in range(ATTEMPTS - 1):
        try:
            return transact()
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
    return transact()
