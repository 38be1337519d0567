"""Whether a read may use the analytics replica: the one place that decides.

It may while the subscription exists, is enabled and is past its first copy of every table: a table that is
still being copied would show too little, and say that this is all. How far behind the replica is does not
count here. After a failure the replica is skipped for a moment, because a read that it leaves without an answer
holds a connection of the catalog's database until the foreign server's `connect_timeout`.

Entry points: `reading` around a read through the foreign tables; `usable`, `skip` and `forget`, which it and
set-up rest on. Failure: `StoreUnavailable("replica")`, and the caller reads the primary or goes without.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from streaming.stores.aliases import REPLICA
from streaming.stores.outage import StoreUnavailable, unavailable_as
from streaming.stores.statements import scalar

ANSWER_KEPT = timedelta(seconds=1)
SKIPPED_AFTER_FAILURE = timedelta(seconds=2)
READY = """
SELECT bool_and(s.subenabled AND coalesce(r.srsubstate = 'r', false))
  FROM pg_subscription s LEFT JOIN pg_subscription_rel r ON r.srsubid = s.oid
 WHERE s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class ReplicaSkipped(Exception):
    """Not asked: it is not usable, or has just failed."""


class _Answer:
    """The process's last answer, and until when (on the monotonic clock) it holds."""

    held: tuple[bool, float] = (False, 0.0)


@contextmanager
def reading() -> Iterator[None]:
    """For a read of the replica. Raises `StoreUnavailable` at once when it is not usable, or for an outage inside.

    A read goes through the catalog's database, so an outage of that one too has the replica skipped.
    """
    if not usable():
        raise StoreUnavailable("replica") from ReplicaSkipped()
    try:
        with unavailable_as("replica"):
            yield
    except StoreUnavailable:
        skip()
        raise


def usable() -> bool:
    """Asks the replica, at most once in `ANSWER_KEPT`; an outage is a no."""
    answer, until = _Answer.held
    if time.monotonic() < until:
        return answer
    try:
        with unavailable_as("replica"):
            answer = bool(scalar(REPLICA, READY))
    except StoreUnavailable:
        skip()
        return False
    _hold(answer, ANSWER_KEPT)
    return answer


def skip() -> None:
    """Has this process do without the replica for `SKIPPED_AFTER_FAILURE`."""
    _hold(False, SKIPPED_AFTER_FAILURE)


def forget() -> None:
    """Has the next read ask: for whoever knows that the answer has changed."""
    _hold(False, timedelta(0))


def _hold(answer: bool, limit: timedelta) -> None:
    _Answer.held = (answer, time.monotonic() + limit.total_seconds())
