"""From the counters to `trending_daily`: absolute numbers of a day, so that writing twice changes nothing.

The running day is written at every flush; a finished one once more after its end, and then it is settled: the
counters let go of it. One flush runs at a time: the numbers of a slow one, read before midnight, would
overwrite those of a finished day.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from uuid import UUID

from django.db import connections, transaction

from catalog.selectors import existing_ids
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.writing import REFUSED_AT_COMMIT
from streaming.stores.refusal import Refused
from trending import counters
from trending.models import TrendingDaily

FLUSH_LOCK = 0x7472656E64  # "trend"; the other advisory lock of this database is of imports
ATTEMPTS = 5


class FlushUnderWay(Refused):
    """Another process is flushing; it writes what this one would have."""


def view_count(*, content_id: UUID, event_id: str | None) -> int:
    """Counts one view of a title now; returns its views of all time."""
    return counters.count_view(content_id=content_id, today=datetime.now(UTC).date(), event_id=event_id)


def trending_flush() -> dict[date, int]:
    """Writes the counters' days to `trending_daily` and settles the finished. Returns for each day how many rows that
    changed: what stands as it was counted is not written again.

    Views of titles that no longer exist are left out. Raises `FlushUnderWay`. After any error nothing is lost:
    what was not settled is written by the next flush.
    """
    written: dict[date, int] = {}
    with _only_flush():
        for day in counters.finished_days():
            written[day] = _flush_day(day)
            counters.day_settle(day)
        if counting := counters.counting_day():
            written[counting] = _flush_day(counting)
    return written


@contextmanager
def _only_flush() -> Iterator[None]:
    with connections[CATALOG].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [FLUSH_LOCK])
        if cursor.fetchone() != (True,):
            raise FlushUnderWay("Another flush is under way, which writes the same views.")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [FLUSH_LOCK])


def _flush_day(day: date) -> int:
    return sum(_write(day, dict(chunk)) for chunk in counters.whole_ranking(day))


def _write(day: date, views: Mapping[UUID, int]) -> int:
    """Writes these titles' views. A title deleted meanwhile fails the commit: again, without it.

    Locking the titles first would spare that, but Citus locks no rows of several shards in one query.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return _write_once(day, views)
        except REFUSED_AT_COMMIT:
            continue
    return _write_once(day, views)


def _write_once(day: date, views: Mapping[UUID, int]) -> int:
    with transaction.atomic(using=CATALOG):
        stored = TrendingDaily.objects.using(CATALOG).filter(date=day, content__in=list(views)).order_by()
        known = dict(stored.values_list("content_id", "views"))
        counted = {content_id for content_id, number in views.items() if known.get(content_id) != number}
        present = sorted(existing_ids(counted)) if counted else []
        TrendingDaily.objects.using(CATALOG).bulk_create(
            [
                TrendingDaily(date=day, content_id=content_id, views=views[content_id])
                for content_id in present
            ],
            update_conflicts=True,
            unique_fields=["content", "date"],
            update_fields=["views"],
        )
    return len(present)
