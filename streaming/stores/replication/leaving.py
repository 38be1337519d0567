"""Ending a subscription in whatever state it is, and one operation on the replica at a time.

Entry points: `unsubscribe`, `drop_slots`, `alone_on_replica`, `require_alone`. Failure: `django.db.Error`s;
`AnotherAtWork`.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import Error, OperationalError, connections, transaction
from psycopg2 import sql

from streaming.stores import replica
from streaming.stores.aliases import ANALYTICS, REPLICA
from streaming.stores.deadline import guarded, within
from streaming.stores.refusal import Refused
from streaming.stores.replication.subscription import SUBSCRIPTION, subscribed
from streaming.stores.statements import rows, run, scalar

LOCK = 4_807_526_976  # any number, as long as it is the same for whoever rebuilds or promotes
SECONDS_FOR_LOCK = 20.0
SECONDS_FOR_SLOT = 10.0
UNLOCK_LIMIT = timedelta(seconds=2)
POLL_SECONDS = 0.1

HELD = """
SELECT count(*) FROM pg_locks
 WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND (classid::bigint << 32 | objid::bigint) = %s
"""
# A subscriber that is gone left these behind: its own slot, and those of first copies under way.
SLOTS = """
SELECT slot_name::text, active_pid FROM pg_replication_slots
 WHERE database = current_database() AND NOT temporary
   AND (slot_name = %s OR (slot_name ~ '^pg_[0-9]+_sync_[0-9]+_[0-9]+$' AND NOT active))
"""


class AnotherAtWork(Refused):
    """Another set-up, resync or promotion holds the replica, or may have held it meanwhile."""


@contextmanager
def alone_on_replica() -> Iterator[None]:
    """The lock ends with the session: a killed process holds it until the server has finished its statement.

    It is the session that does the work, so nothing of it is done on the replica after the lock is lost, as long as
    `require_alone` comes after what may have replaced the session. May be entered within itself.
    """
    give_up_at = time.monotonic() + SECONDS_FOR_LOCK
    while not scalar(REPLICA, "SELECT pg_try_advisory_lock(%s)", LOCK):
        if time.monotonic() > give_up_at:
            raise AnotherAtWork("another set-up, resync or promotion is at work on the replica")
        time.sleep(POLL_SECONDS)
    try:
        yield
    finally:
        _unlock()


def require_alone() -> None:
    """Raises `AnotherAtWork` when the session with the lock is gone: somebody else may have been at work since."""
    if not scalar(REPLICA, HELD, LOCK):
        raise AnotherAtWork("the session that kept others off the replica was lost: run it again")


def unsubscribe() -> list[str]:
    """Drops the subscription without the primary's help, for it may be gone; `drop_slots` does the rest there.

    Ends when every reader knows that the replica is not to be used. Returns what was done.
    """
    if not subscribed():
        return []
    subscription = sql.Identifier(SUBSCRIPTION)
    with transaction.atomic(using=REPLICA):
        run(REPLICA, sql.SQL("ALTER SUBSCRIPTION {} DISABLE").format(subscription))
        run(REPLICA, sql.SQL("ALTER SUBSCRIPTION {} SET (slot_name = NONE)").format(subscription))
        run(REPLICA, sql.SQL("DROP SUBSCRIPTION {}").format(subscription))
    replica.forget()
    time.sleep(replica.KNOWN_TO_ALL.total_seconds())
    return [f"subscription {SUBSCRIPTION} dropped: reads go to the primary"]


def drop_slots() -> list[str]:
    """Drops what the subscription left on the primary, so that it keeps no WAL for nobody."""
    return [
        f"slot {slot} dropped from the primary"
        for slot, sender in rows(ANALYTICS, SLOTS, settings.REPLICATION_SLOT)
        if _drop_slot(slot, sender)
    ]


def _drop_slot(slot: str, sender: int | None) -> bool:
    """False when it had gone by itself."""
    if sender is not None:
        scalar(ANALYTICS, "SELECT pg_terminate_backend(%s, 5000)", sender)
    give_up_at = time.monotonic() + SECONDS_FOR_SLOT
    drop = "SELECT count(pg_drop_replication_slot(slot_name)) FROM pg_replication_slots WHERE slot_name = %s"
    while True:
        try:
            return bool(scalar(ANALYTICS, drop, slot))
        except OperationalError:  # still in use: its sender is on the way out
            if time.monotonic() > give_up_at:
                raise
            time.sleep(POLL_SECONDS)


def _unlock() -> None:
    if connections[REPLICA].connection is None:
        return  # the session is gone, and its lock with it
    try:
        with guarded(), within(UNLOCK_LIMIT):  # a frozen server gives the lock back when it notices
            scalar(REPLICA, "SELECT pg_advisory_unlock(%s)", LOCK)
    except Error:
        return  # the session is gone, and its lock with it
