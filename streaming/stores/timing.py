"""Which stores a request asked and for how long: the figures behind `Server-Timing`.

`recording()` opens a record for one request; `asked()` adds to it from anywhere below. PostgreSQL and
MongoDB report by themselves (an execute wrapper, a command listener); who calls Redis wraps it in `asked`.
Outside a request nothing is recorded.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connections
from pymongo import monitoring

Milliseconds = dict[str, float]
STORE_NAMES = {"default": "analytics", "catalog": "catalog", "analytics_replica": "replica"}

_record: ContextVar[Milliseconds | None] = ContextVar("store_milliseconds", default=None)


def add(store: str, milliseconds: float) -> None:
    record = _record.get()
    if record is not None:
        record[store] = record.get(store, 0.0) + milliseconds


@contextmanager
def asked(store: str) -> Iterator[None]:
    """Counts the block's time for `store`, also when it raises."""
    started = time.perf_counter()
    try:
        yield
    finally:
        add(store, (time.perf_counter() - started) * 1000)


@contextmanager
def recording() -> Iterator[Milliseconds]:
    """Yields the record that fills while the block runs: store name to milliseconds."""
    record: Milliseconds = {}
    token = _record.set(record)
    try:
        with ExitStack() as stack:
            for alias, store in STORE_NAMES.items():
                stack.enter_context(connections[alias].execute_wrapper(_timed(store)))
            yield record
    finally:
        _record.reset(token)


def _timed(store: str) -> Callable[..., Any]:
    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        with asked(store):
            return run(sql, params, many, context)

    return execute


class DocumentTimes(monitoring.CommandListener):
    """Reports MongoDB commands; the driver calls it on the thread that asked."""

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Only ends are of interest."""

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        add("reviews", event.duration_micros / 1000)

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        add("reviews", event.duration_micros / 1000)
