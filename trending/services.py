"""From the counters to `trending_daily`: absolute numbers of a day, so that writing twice changes nothing."""

from datetime import UTC, date, datetime
from uuid import UUID

from django.db import transaction

from catalog.selectors import existing_ids
from streaming.stores.router import CATALOG
from trending import counters
from trending.models import TrendingDaily


def view_count(*, content_id: UUID, event_id: str | None) -> int:
    """Counts one view of a title now; returns its views of all time."""
    return counters.count_view(content_id=content_id, today=datetime.now(UTC).date(), event_id=event_id)


def trending_flush() -> dict[date, int]:
    """Writes every day the counters hold to `trending_daily`. Returns rows written per day.

    Views of titles that no longer exist are left out. A day is written as it stands; the running one again
    at the next flush.
    """
    written: dict[date, int] = {}
    counting = counters.counting_day()
    if counting is None:
        return written
    for day in [*counters.finished_days(), counting]:
        written[day] = _flush_day(day)
    return written


def _flush_day(day: date) -> int:
    rows = 0
    for chunk in counters.whole_ranking(day):
        views = dict(chunk)
        present = existing_ids(views)
        with transaction.atomic(using=CATALOG):
            TrendingDaily.objects.bulk_create(
                [
                    TrendingDaily(date=day, content_id=content_id, views=views[content_id])
                    for content_id in sorted(present)
                ],
                update_conflicts=True,
                unique_fields=["content", "date"],
                update_fields=["views"],
            )
        rows += len(present)
    return rows
