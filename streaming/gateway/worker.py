"""What happens by itself at intervals: views are flushed, titles that time alone shows or hides are noted, search
documents follow what was renamed, the popularity of titles follows their views once an hour, and expired tokens are
deleted once a day.

Entry point: `work`. Failure: an outage is logged and the next round tries again; anything else is a bug, ends
the worker and is left to whoever restarts it. Every round may be cut off at any point and repeated.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

from django.core.management import call_command
from django.db import close_old_connections

from catalog.search.rebuilding import stale_rewrite
from catalog.services import visibility_tick
from streaming.gateway.popularity import popularity_refresh
from streaming.stores.deadline import within
from streaming.stores.outage import StoreUnavailable, unavailable_as
from streaming.stores.refusal import first_line
from trending.services import FlushUnderWay, trending_flush

logger = logging.getLogger(__name__)
TASK_LIMIT = timedelta(minutes=3)  # a frozen store would hold the worker for ever
DAY_SECONDS = 24 * 3600
HOUR_SECONDS = 3600
MOST_REWRITTEN = 20_000  # search documents in a round; the rest is for the next one


def work(*, stop: Event, flush_seconds: float, heartbeat: Path | None) -> None:
    """Works until `stop` is set, with `flush_seconds` between rounds; touches `heartbeat` after each."""
    tokens_due = popularity_due = time.monotonic()
    while not stop.is_set():
        close_old_connections()  # also has the ones that stay checked at their next use
        _attempt("flush of views", _flush)
        _attempt("visibility", _note_what_time_changed)
        _attempt("rewriting of stale search documents", _rewrite_stale)
        if time.monotonic() >= tokens_due and _attempt("deletion of expired tokens", _delete_expired_tokens):
            tokens_due = time.monotonic() + DAY_SECONDS
        if time.monotonic() >= popularity_due and _attempt("popularity", _refresh_popularity):
            popularity_due = time.monotonic() + HOUR_SECONDS
        if heartbeat is not None:
            heartbeat.touch()
        stop.wait(flush_seconds)


def _attempt(name: str, task: Callable[[], None]) -> bool:
    """Whether the task got through."""
    try:
        with unavailable_as("a store"), within(TASK_LIMIT):
            task()
    except StoreUnavailable as error:
        logger.warning("%s put off: %s", name, first_line(error.__cause__))
        return False
    return True


def _flush() -> None:
    try:
        written = trending_flush()
    except FlushUnderWay:
        logger.info("views are being flushed by another process")
        return
    if any(written.values()):
        logger.info("views written: %s", ", ".join(f"{day} {rows} titles" for day, rows in written.items()))


def _note_what_time_changed() -> None:
    noted = visibility_tick()
    if noted:
        logger.info("%d titles shown or hidden by their dates", noted)


def _rewrite_stale() -> None:
    written = stale_rewrite(most=MOST_REWRITTEN)
    if written:
        logger.info("%d search documents follow what was renamed", written)


def _refresh_popularity() -> None:
    changed = popularity_refresh(today=datetime.now(UTC).date())
    if changed:
        logger.info("popularity of %d titles follows their views", changed)


def _delete_expired_tokens() -> None:
    call_command("flushexpiredtokens")
