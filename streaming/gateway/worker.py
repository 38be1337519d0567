"""What happens by itself at intervals: views are flushed, titles that time alone shows or hides are noted, search
documents follow what was renamed; once an hour those that are missing are written and the popularity of titles follows
their views, and expired tokens are deleted once a day.

Entry point: `work`. Failure: an outage is logged and the next round tries again; anything else is a bug, ends
the worker and is left to whoever restarts it. Every round may be cut off at any point and repeated. What did something
says so in a line of its own; a round in which nothing happened says nothing.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

from django.core.management import call_command
from django.db import close_old_connections

from catalog.search.rebuilding import missing_write, stale_rewrite
from catalog.services import visibility_tick
from streaming.gateway.popularity import popularity_refresh
from streaming.stores.deadline import within
from streaming.stores.outage import StoreUnavailable, unavailable_as
from streaming.stores.refusal import first_line
from streaming.stores.units import counted
from trending.services import FlushUnderWay, trending_flush

logger = logging.getLogger(__name__)
TASK_LIMIT = timedelta(minutes=3)  # a frozen store would hold the worker for ever
DAY_SECONDS = 24 * 3600
HOUR_SECONDS = 3600
# Of one and of several.
BY_DATES = "title shown or hidden by its dates", "titles shown or hidden by their dates"
FOLLOWING = "search document follows", "search documents follow"
DOCUMENTS = "search document was", "search documents were"
BY_VIEWS = "title follows its views", "titles follows their views"
MOST_REWRITTEN = 20_000  # search documents in a round; the rest is for the next one


@dataclass(frozen=True)
class Task:
    """`run` says whether it is done until its time comes again, `every` so many seconds after."""

    name: str
    run: Callable[[], bool]
    every: float = 0


def work(*, stop: Event, flush_seconds: float, heartbeat: Path | None) -> None:
    """Works until `stop` is set, with `flush_seconds` between rounds; touches `heartbeat` after each."""
    due = dict.fromkeys(TASKS, time.monotonic())
    while not stop.is_set():
        close_old_connections()  # also has the ones that stay checked at their next use
        for task in TASKS:
            if time.monotonic() >= due[task] and _attempt(task):
                due[task] = time.monotonic() + task.every
        if heartbeat is not None:
            heartbeat.touch()
        stop.wait(flush_seconds)


def _attempt(task: Task) -> bool:
    """Whether the task got through and is done."""
    try:
        with unavailable_as("a store"), within(TASK_LIMIT):
            return task.run()
    except StoreUnavailable as error:
        logger.warning("%s put off: %s", task.name, first_line(error.__cause__))
        return False


def _flush() -> bool:
    try:
        written = trending_flush()
    except FlushUnderWay:
        logger.debug("views are being flushed by another process")
        return True
    if changed := {day: rows for day, rows in written.items() if rows}:
        told = (f"{day} {counted(rows, 'title')}" for day, rows in changed.items())
        logger.info("views written: %s", ", ".join(told))
    return True


def _note_what_time_changed() -> bool:
    noted = visibility_tick()
    if noted:
        logger.info("%s", counted(noted, *BY_DATES))
    return True


def _rewrite_stale() -> bool:
    written = stale_rewrite(most=MOST_REWRITTEN)
    if written:
        logger.info("%s what was renamed", counted(written, *FOLLOWING))
    return True


def _write_missing() -> bool:
    """Of titles that were written by what knows no search documents: an upgrade, or the version before beside this."""
    written = missing_write(most=MOST_REWRITTEN)
    if written:
        logger.info("%s missing", counted(written, *DOCUMENTS))
    return written < MOST_REWRITTEN


def _refresh_popularity() -> bool:
    changed = popularity_refresh(today=datetime.now(UTC).date())
    if changed:
        logger.info("popularity of %s", counted(changed, *BY_VIEWS))
    return True


def _delete_expired_tokens() -> bool:
    call_command("flushexpiredtokens")
    return True


TASKS = (
    Task("flush of views", _flush),
    Task("visibility", _note_what_time_changed),
    Task("rewriting of stale search documents", _rewrite_stale),
    Task("writing of missing search documents", _write_missing, every=HOUR_SECONDS),
    Task("deletion of expired tokens", _delete_expired_tokens, every=DAY_SECONDS),
    Task("popularity", _refresh_popularity, every=HOUR_SECONDS),
)
