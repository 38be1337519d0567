"""Whether a read may use the analytics replica: the one place that decides, for the router and the foreign tables.

It may while every table is past its first copy, the publication sends all that it should, the replica has applied
what the primary had written at most `REPLICA_LAG_LIMIT_SECONDS` ago, and the last write of the viewer whose own data
is read. That one is asked with every such read that has a token, on the connection that then reads and before the
read's transaction, whose snapshot might else be older than the answer; the rest once in `ANSWER_KEPT` per process.
After a failure the replica is skipped for a moment, because a read that it leaves without an answer holds a
connection of the catalog's database until the foreign server's `connect_timeout`. ADR 0012 has the reasons.

Entry points: `reading` around a read; `on_replica` for the router; `wrote` after a commit; `usable`, `skip`, `forget`;
`copied_position` for a read that tells its age itself.
Failure: `StoreUnavailable("replica")`, for the reason that `reason_of` tells; the caller does without it.
"""

import logging
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import ProgrammingError, connections
from prometheus_client import Counter

from streaming.stores.aliases import ANALYTICS, CATALOG
from streaming.stores.deadline import within
from streaming.stores.outage import StoreUnavailable, unavailable_as
from streaming.stores.replication import applied, publication, tokens
from streaming.stores.replication.lag import Lag
from streaming.stores.statements import rows, scalar

logger = logging.getLogger(__name__)

ANSWER_KEPT = timedelta(seconds=1)
ANSWERED_WITHIN = timedelta(seconds=0.5)  # for so long the last answer stands while a thread asks anew
KNOWN_TO_ALL = ANSWER_KEPT + ANSWERED_WITHIN  # then no process reads a replica that is not to be read
REFUSAL_KEPT = timedelta(seconds=0.25)  # of a replica that is behind: it may have caught up by then
SKIPPED_AFTER_FAILURE = timedelta(seconds=2)
SAMPLE_LIMIT = timedelta(milliseconds=100)
APPLY_LIMIT = timedelta(milliseconds=300)
SAMPLE = f"SELECT pg_current_wal_flush_lsn()::text, {publication.SENT_WHOLE}"  # constants
NO_POSITION = (1 << 64) - 1  # past all WAL: for a write whose own position nobody could tell

# Why a read does without the replica.
FAILED = "failed"  # it gave no answer, now or a moment ago
NOT_SET_UP = "not_set_up"
NOT_READY = "not_ready"  # no subscription, a disabled one, or a table still being copied
INCOMPLETE = "incomplete"  # the publication does not send all that set-up had it send
UNPROVEN = "unproven"  # this process has not yet seen it catch up
LAGGING = "lagging"
OWN_WRITE = "own_write"  # it has not applied this viewer's last write
STATE_AWAY = "state_away"  # nobody can tell what this viewer wrote

UNNOTED = Counter(
    "streaming_replica_unnoted_writes_total", "Viewers' writes whose position the state did not take."
)
_on_replica: ContextVar[bool] = ContextVar("on_replica", default=False)


class ReplicaSkipped(Exception):
    """Not read, for `reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the replica is skipped: {reason}")
        self.reason = reason


@dataclass
class _Process:
    """What this process knows of the replica; times are on the monotonic clock."""

    lock: threading.Lock = field(default_factory=threading.Lock)  # held while stores are asked
    owing: threading.Lock = field(default_factory=threading.Lock)  # for `owed`, never while a store is asked
    lag: Lag = field(default_factory=Lag)
    sent: str | None = (
        ""  # what the primary sent at the last sample, as `publication.SENT_WHOLE`; empty: none taken
    )
    refusal: str = UNPROVEN  # empty: it may be used
    holds_until: float = 0.0
    sample_from: float = 0.0  # the primary has just failed: it is not asked for its position before
    # Infinite while the state is away, then when it was back: what others wrote meanwhile is known to nobody.
    state_back_at: float | None = None
    owed: int = 0  # the position of writes that neither the state knows nor the replica has


_process = _Process()


@contextmanager
def reading(*, user_id: UUID | None = None) -> Iterator[None]:
    """For a read of the replica; of `user_id`'s own data, or of nobody's in particular.

    Raises `StoreUnavailable` at once when the replica is not to be used, or for an outage inside. A read through the
    foreign tables goes through the catalog's database, so an outage of that one too has the replica skipped.
    """
    if not usable():
        raise StoreUnavailable("replica") from ReplicaSkipped(_process.refusal or UNPROVEN)
    needed = 0 if user_id is None else _needed(user_id)
    token = _on_replica.set(True)
    try:
        with unavailable_as("replica"):
            if needed:
                _require_applied(needed)
            yield
    except StoreUnavailable as error:
        if reason_of(error) == FAILED:
            skip()
        raise
    finally:
        _on_replica.reset(token)


def on_replica() -> bool:
    """Whether this runs inside `reading`."""
    return _on_replica.get()


def reason_of(error: StoreUnavailable) -> str:
    return error.__cause__.reason if isinstance(error.__cause__, ReplicaSkipped) else FAILED


def usable() -> bool:
    """Asks primary and replica, at most once in `ANSWER_KEPT`; an outage of the replica is a no."""
    over = time.monotonic() - _process.holds_until
    if over < 0:
        return not _process.refusal
    # One asks, and the others take the last answer meanwhile: they would all wait for a primary that is silent.
    if not _process.lock.acquire(blocking=False):
        return not _process.refusal and over < ANSWERED_WITHIN.total_seconds()
    try:
        asked_at = time.monotonic()
        refusal = _asked(asked_at)
        kept = {"": ANSWER_KEPT, FAILED: SKIPPED_AFTER_FAILURE}.get(refusal, min(REFUSAL_KEPT, ANSWER_KEPT))
        _hold(refusal, kept, since=time.monotonic() if refusal == FAILED else asked_at)
    finally:
        _process.lock.release()
    return not refusal


def copied_position() -> int:
    """What the replica has applied, of whatever age.

    Raises `StoreUnavailable` while a table is being copied, and when the publication does not send everything.
    """
    with suppress(StoreUnavailable), unavailable_as("analytics"), within(SAMPLE_LIMIT):
        _process.sent = scalar(ANALYTICS, f"SELECT {publication.SENT_WHOLE}")
    return _copied()


def _copied() -> int:
    try:
        with unavailable_as("replica"):
            position, noted = applied.position_and_lists()
    except ProgrammingError:
        raise StoreUnavailable("replica") from ReplicaSkipped(NOT_SET_UP)
    if position is None:
        raise StoreUnavailable("replica") from ReplicaSkipped(NOT_READY)
    if _process.sent != "" and not publication.same(_process.sent, noted):
        raise StoreUnavailable("replica") from ReplicaSkipped(INCOMPLETE)
    return position


def wrote(user_id: UUID) -> None:
    """Has the user's own reads use the replica only once it has what is committed now. Call it after the commit.

    Never fails for an outage, because the write is committed. What the state does not take the replica is given
    `APPLY_LIMIT` to apply; else reads of everybody's own, in this process at once and in all once the state is back,
    wait for it.
    """
    lsn = _written()
    try:
        with unavailable_as("state"):
            tokens.note(lsn, user_id=user_id)
    except StoreUnavailable as error:
        logger.warning("the position of a viewer's write was not stored: %s", type(error.__cause__).__name__)
        UNNOTED.inc()
        _doubt()
        if lsn == NO_POSITION or not applied.soon(lsn, limit=APPLY_LIMIT):
            _owe(lsn)


def skip() -> None:
    """Has this process do without the replica for `SKIPPED_AFTER_FAILURE`."""
    _hold(FAILED, SKIPPED_AFTER_FAILURE, since=time.monotonic())


def forget() -> None:
    """Has the next read ask: for whoever knows that the answer has changed."""
    _process.holds_until = 0.0


def _hold(refusal: str, kept: timedelta, *, since: float) -> None:
    if refusal != _process.refusal:
        level, what = (logging.WARNING, f"not read: {refusal}") if refusal else (logging.INFO, "read")
        logger.log(level, "the replica is %s", what)
    _process.refusal, _process.holds_until = refusal, since + kept.total_seconds()


def _asked(now: float) -> str:
    """Why the replica may not be read; empty when it may."""
    lag = _process.lag
    _sample(now)  # before the position, so that a replica that has caught up proves it at once
    try:
        lag.prove(_copied())
    except StoreUnavailable as error:
        return reason_of(error)
    if lag.proven_at is None:
        return UNPROVEN
    return "" if lag.within(settings.REPLICA_LAG_LIMIT_SECONDS) else LAGGING


def _sample(now: float) -> None:
    """Notes what the primary has flushed and sends. While it is away nothing is missed, and the last sample stands."""
    if now < _process.sample_from or connections[ANALYTICS].in_atomic_block:
        return
    try:
        with unavailable_as("analytics"), within(SAMPLE_LIMIT):
            ((flushed, _process.sent),) = rows(ANALYTICS, SAMPLE)
    except StoreUnavailable:
        _process.sample_from = time.monotonic() + SKIPPED_AFTER_FAILURE.total_seconds()
        return
    _process.lag.sample(applied.lsn_or_none(flushed) or 0, at=now)


def _needed(user_id: UUID) -> int:
    """The position that the user's own reads need. Raises `StoreUnavailable` when that cannot be known."""
    try:
        with unavailable_as("state"):
            if _process.owed:
                _settle()
            needed = tokens.needed(user_id=user_id)
    except StoreUnavailable:
        _doubt()
        raise StoreUnavailable("replica") from ReplicaSkipped(STATE_AWAY)
    if _doubtful():
        raise StoreUnavailable("replica") from ReplicaSkipped(STATE_AWAY)
    return needed


def _owe(lsn: int) -> None:
    """Two writers, or one and `_settle`, may come at once: the later position stands."""
    with _process.owing:
        _process.owed = max(_process.owed, lsn)


def _settle() -> None:
    """Puts what this process owes into the state, for the other processes too."""
    owed = _process.owed
    tokens.note(owed, user_id=None)
    with _process.owing:
        _process.owed = 0 if owed == _process.owed else _process.owed


def _doubt() -> None:
    """The state has failed: tokens of other processes' writes may be missing."""
    _process.state_back_at = math.inf


def _doubtful() -> bool:
    """The state answers: whether the replica has yet to be seen past the moment when it did so again."""
    if _process.state_back_at == math.inf:
        _process.state_back_at = time.monotonic()
    back, proven = _process.state_back_at, _process.lag.proven_at
    if back is not None and (proven is None or proven <= back):
        return True
    _process.state_back_at = None
    return False


def _require_applied(needed: int) -> None:
    # Within a transaction of ours position and rows would be of one transaction there, and the rows the older.
    inside = connections[CATALOG].in_atomic_block
    try:
        position = None if inside else applied.position_through_catalog()
    except ProgrammingError:
        raise StoreUnavailable("replica") from ReplicaSkipped(NOT_SET_UP)
    if position is None or position < needed:
        raise StoreUnavailable("replica") from ReplicaSkipped(OWN_WRITE)


def _written() -> int:
    """The primary's position now: no commit of this connection is past it. Unflushed WAL counts."""
    query = "SELECT pg_current_wal_insert_lsn()::text, pg_current_wal_flush_lsn()::text"
    now = time.monotonic()
    try:
        with unavailable_as("analytics"):
            ((inserted, flushed),) = rows(ANALYTICS, query)
    except StoreUnavailable:
        return NO_POSITION
    if _process.lock.acquire(blocking=False):  # whoever has it takes a sample, too
        try:
            _process.lag.sample(applied.lsn_or_none(flushed) or 0, at=now)
        finally:
            _process.lock.release()
    return applied.lsn_or_none(inserted) or NO_POSITION
