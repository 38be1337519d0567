"""How long this piece of work may wait for stores: one deadline per request, seen by every driver.

A frozen server still acknowledges TCP, so a client without a deadline of its own waits for ever. psycopg2
has none; `guard_postgres()` gives it one through its wait callback. Redis has socket timeouts, MongoDB
`timeoutMS`; both are shorter than any deadline here. The guard is installed by the web server only
(`streaming.wsgi`): under it COPY is not available, which only commands use.

Entry points: `within`, `remaining`, `guard_postgres`. Failure: `psycopg2.OperationalError` from the waiting
call, and a closed connection, which Django replaces on the next request.
"""

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

import psycopg2
from psycopg2 import extensions

_ends_at: ContextVar[float | None] = ContextVar("deadline_ends_at", default=None)


@contextmanager
def within(limit: timedelta) -> Iterator[None]:
    """Bounds what runs inside by `limit`, never beyond an outer deadline."""
    ends_at = time.monotonic() + limit.total_seconds()
    outer = _ends_at.get()
    token = _ends_at.set(ends_at if outer is None else min(ends_at, outer))
    try:
        yield
    finally:
        _ends_at.reset(token)


def remaining() -> float | None:
    """Seconds left, at least 0; None when nothing bounds this work."""
    ends_at = _ends_at.get()
    return None if ends_at is None else max(0.0, ends_at - time.monotonic())


def guard_postgres() -> None:
    """Makes every psycopg2 call of this process end at the deadline of the work it serves."""
    extensions.set_wait_callback(_wait)


def _wait(connection: extensions.connection) -> None:
    while (state := connection.poll()) != extensions.POLL_OK:
        wants = select.POLLIN if state == extensions.POLL_READ else select.POLLOUT
        seconds = remaining()
        poller = select.poll()
        poller.register(connection.fileno(), wants)
        if not poller.poll(None if seconds is None else seconds * 1000):
            raise psycopg2.OperationalError("the database did not answer before the deadline")
