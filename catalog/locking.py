"""Who writes a title, a collection or a person keeps others from it until the end of the transaction.

One rule for all writers keeps them from waiting for each other in a circle: people first, then titles, then
collections, each kind at once, and only then rows: of the title, its children, claims and documents. Every service that
writes titles that are there begins with `contents_lock`; what it reads after that is what it writes upon.

The locks are advisory ones, taken by one statement in one order. Rows themselves cannot be locked so: Citus refuses
`SELECT … FOR UPDATE` over several shards, an `UPDATE … IN` takes its rows in the order of a plan, on plain PostgreSQL
as well, and one statement for each title would cost an import a thousand of them a batch. For the same reason
`contents_touch` and all that follows may write rows in any order: nobody else is there.

What is locked is one of `SLOTS` numbers, not the id itself: so a batch of any size stays within the server's table of
locks (`max_locks_per_transaction`). Two titles of one number wait for each other without need, one pair in 4096.
On Citus the locks are of the coordinator, where every writer's transaction is.

Entry points: `contents_lock`, `content_lock`, `collections_lock`, `people_lock`, `everybody_lock`;
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
PEOPLE, TITLES, COLLECTIONS = (
    0x63617431,
    0x63617432,
    0x63617433,
)  # "cat1" …: the first half of the locks' keys
ATTEMPTS = 3
EVERYBODY = -1  # no slot: who locks some people shares it, who locks all has it alone
LOCK_EVERYBODY = f"SELECT pg_advisory_xact_lock({PEOPLE}, {EVERYBODY})"
SHARE_EVERYBODY = f"SELECT pg_advisory_xact_lock_shared({PEOPLE}, {EVERYBODY})"
LOCK = "SELECT pg_advisory_xact_lock(%s, slot) FROM unnest(%s::int[]) AS slot"


def contents_lock(content_ids: Iterable[UUID]) -> None:
    """To be called first in a transaction that writes these titles, once, with all of them."""
    _lock(TITLES, content_ids)


def content_lock(*, content_id: UUID) -> datetime | None:
    """`contents_lock` for one title. Its `updated_at`; None when it is gone."""
    contents_lock([content_id])
    titles = Content.objects.using(CATALOG).filter(content_id=content_id)
    return titles.values_list("updated_at", flat=True).first()


def collections_lock(collection_ids: Iterable[UUID]) -> None:
    """Of these collections rules and items stay as they are."""
    _lock(COLLECTIONS, collection_ids)


def people_lock(person_ids: Iterable[UUID]) -> None:
    """Nobody else merges these people or undoes it."""
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(SHARE_EVERYBODY)
    _lock(PEOPLE, person_ids)


def everybody_lock() -> None:
    """Nobody merges anybody or undoes it: for an import, whose batch credits thousands, one lock instead of theirs."""
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(LOCK_EVERYBODY)


def _lock(kind: int, ids: Iterable[UUID]) -> None:
    slots = sorted({each.int % SLOTS for each in ids})
    if slots:
        with connections[CATALOG].cursor() as cursor:
            cursor.execute(LOCK, [kind, slots])


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
