"""When a store cannot be reached: the drivers' exceptions under one name, and the way to do without it.

`unavailable_as` turns what a driver raises for a dead, refusing or silent server into `StoreUnavailable`;
anything else (a constraint, a bug) passes through. `optional` fails open on that one exception, once, with a
log line and a counter, and says so in the answer's `degraded`. `is_outage` is for the error handler.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import mongoengine.errors
import redis.exceptions
from django.db import InterfaceError, InternalError, OperationalError, connections
from prometheus_client import Counter
from psycopg2.errors import ReadOnlySqlTransaction
from pymongo.errors import ConnectionFailure, ExecutionTimeout, WaitQueueTimeoutError

from streaming.stores.deadline import within

logger = logging.getLogger(__name__)
T = TypeVar("T")

DEGRADED = Counter("streaming_degraded_total", "Answers that had to do without a store.", ["store"])
RAISED_BY_OUTAGE = (
    OperationalError,
    InterfaceError,
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    redis.exceptions.ReadOnlyError,
    redis.exceptions.OutOfMemoryError,  # the state server never evicts: full, it refuses
    ConnectionFailure,
    ExecutionTimeout,
    WaitQueueTimeoutError,
)
# Of these only some are outages, which `is_outage` tells.
JUDGED = (redis.exceptions.ResponseError, mongoengine.errors.OperationError, InternalError)

# What Redis says when it is there and does not take the command; redis-py has no classes of their own for these.
REFUSALS = ("NOREPLICAS", "MISCONF", "CLUSTERDOWN", "MASTERDOWN")

# What Citus says, as an internal error, when the table moved to other shards between planning and writing.
SHARD_HAS_GONE = "could not find valid entry for shard"


class StoreUnavailable(Exception):
    """The store named by `store` gave no answer in time."""

    def __init__(self, store: str) -> None:
        super().__init__(f"{store} is not available")
        self.store = store


def is_outage(error: BaseException) -> bool:
    """Whether an exception says that a store is away, full or refusing, and not that the call was wrong."""
    if isinstance(error, (StoreUnavailable, *RAISED_BY_OUTAGE)):
        return True
    if isinstance(error, redis.exceptions.ResponseError):
        return str(error).startswith(REFUSALS)
    if isinstance(error, InternalError):  # fenced: the database is being handed over to its replica
        return isinstance(error.__cause__, ReadOnlySqlTransaction) or SHARD_HAS_GONE in str(error)
    # mongoengine wraps what the driver raised.
    wrapped = (
        error.__cause__ or error.__context__ if isinstance(error, mongoengine.errors.OperationError) else None
    )
    return wrapped is not None and is_outage(wrapped)


@contextmanager
def unavailable_as(store: str) -> Iterator[None]:
    """Raises `StoreUnavailable(store)` for an outage inside the block."""
    try:
        yield
    except (*RAISED_BY_OUTAGE, *JUDGED) as error:
        if not is_outage(error):
            raise
        discard_broken_connections()
        raise StoreUnavailable(store) from error


def discard_broken_connections() -> None:
    """Lets Django reconnect within this request: it notices a connection that died only at the next one."""
    for connection in connections.all(initialized_only=True):
        broken = connection.connection is not None and connection.connection.closed
        if broken and not connection.in_atomic_block:
            connection.close()


def optional(store: str, ask: Callable[[], T], *, limit: timedelta, degraded: list[str]) -> T | None:
    """`ask()` bounded by `limit`; None, with `store` added to `degraded`, when it is not to be had."""
    try:
        with unavailable_as(store), within(limit):
            return ask()
    except StoreUnavailable as error:
        logger.warning("answered without %s: %s", store, type(error.__cause__).__name__)
        DEGRADED.labels(store=store).inc()
        degraded.append(store)
        return None
