"""How long this piece of work may wait for stores: one deadline per request, seen by every driver.

A frozen server still acknowledges TCP, so a client without a deadline of its own waits for ever. psycopg2 has
none; `guard_postgres` gives it one through its wait callback. `within` sets pymongo's as well. A Redis call
takes a tenth of a second at most (`streaming.stores.redis`) and is not cut shorter.

A deadline may be long, for the admin's slow pages, and a silent server must not hold a web thread that long:
after `SILENT_SECONDS` without a word, PostgreSQL is asked on a connection of its own whether it is there.

The guard is installed by the web server (`streaming.wsgi`), and with `guarded` by a command for its own time: it
also hears Ctrl-C, which libpq alone keeps until the statement has ended. Under the guard COPY is not available,
which only commands use. Failure: `psycopg2.OperationalError` from the waiting call, and a closed connection, which
Django replaces on the next request.
"""

import select
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from functools import partial

import psycopg2
import pymongo
from psycopg2 import extensions

SILENT_SECONDS = 0.4
SECONDS_TO_GREET = 0.3
# "Do you speak TLS?": the one question PostgreSQL answers, with a byte, before it knows who asks
# (protocol 3.0, SSLRequest). A frozen server takes the connection and says nothing.
SSL_REQUEST = struct.pack("!ii", 8, 80877103)

_ends_at: ContextVar[float | None] = ContextVar("deadline_ends_at", default=None)


@contextmanager
def within(limit: timedelta) -> Iterator[None]:
    """Bounds what runs inside by `limit`, never beyond an outer deadline."""
    ends_at = time.monotonic() + limit.total_seconds()
    outer = _ends_at.get()
    token = _ends_at.set(ends_at if outer is None else min(ends_at, outer))
    try:
        with pymongo.timeout(remaining()):
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


@contextmanager
def guarded(seconds_to_greet: float = SECONDS_TO_GREET) -> Iterator[None]:
    """`guard_postgres` for the block only: for a command, whose servers may be frozen and whose user may stop it.

    `seconds_to_greet` is how long a server that is only busy may take for a word.
    """
    before = extensions.get_wait_callback()
    extensions.set_wait_callback(partial(_wait, seconds_to_greet=seconds_to_greet))
    try:
        yield
    finally:
        extensions.set_wait_callback(before)


def _wait(connection: extensions.connection, seconds_to_greet: float = SECONDS_TO_GREET) -> None:
    while (state := connection.poll()) != extensions.POLL_OK:
        wants = select.POLLIN if state == extensions.POLL_READ else select.POLLOUT
        _wait_for_socket(connection, wants, seconds_to_greet)


def _wait_for_socket(connection: extensions.connection, wants: int, seconds_to_greet: float) -> None:
    poller = select.poll()
    poller.register(connection.fileno(), wants)
    while (seconds := remaining()) is None or seconds > SILENT_SECONDS:
        if poller.poll(SILENT_SECONDS * 1000):
            return
        if not _greets(connection.info.host, connection.info.port, seconds_to_greet):
            raise psycopg2.OperationalError("the database server is silent")
    if not poller.poll(seconds * 1000):
        raise psycopg2.OperationalError("the database did not answer before the deadline")


def _greets(host: str, port: int, seconds: float) -> bool:
    """Whether a PostgreSQL server says a word to a newcomer."""
    try:
        with socket.create_connection((host, port), timeout=seconds) as newcomer:
            newcomer.sendall(SSL_REQUEST)
            return bool(newcomer.recv(1))
    except OSError:
        return False
