"""What is hot today, of public titles only."""

from datetime import date, timedelta
from typing import TypedDict
from uuid import UUID

from django.db.models import Sum

from catalog.selectors import public_names_by_id
from streaming.stores.aliases import CATALOG
from trending import counters
from trending.models import TrendingDaily

CHUNK = 50
# A thousand titles that are not public, first in a ranking, may shorten the list but not hold up the request.
MOST_CHUNKS = 20


class TrendingRow(TypedDict):
    content_id: UUID
    title: str
    original_language: str
    views: int


def trending_today(*, today: date, limit: int) -> list[TrendingRow]:
    """Up to `limit` public titles by today's views, most viewed first.

    Early in a UTC day few titles have been viewed: the list is then filled with yesterday's ranking, those
    titles with today's views, which may be 0.
    """
    counting = counters.counting_day()
    today_key = counters.TODAY if counting == today else counters.day_key(today)
    yesterday = today - timedelta(days=1)
    yesterday_key = counters.TODAY if counting == yesterday else counters.day_key(yesterday)
    rows = _public_top(today_key, limit=limit, without=set())
    if len(rows) < limit:
        known = {row["content_id"] for row in rows}
        fill = _public_top(yesterday_key, limit=limit - len(rows), without=known)
        today_views = counters.views_in(today_key, [row["content_id"] for row in fill])
        rows += [{**row, "views": today_views[row["content_id"]]} for row in fill]
    return rows


def views_since(*, day: date, after: UUID | None, limit: int) -> dict[UUID, int]:
    """Views from `day` on of up to `limit` titles that had any, public or not, in id order past `after`."""
    days = TrendingDaily.objects.using(CATALOG).filter(date__gte=day)
    if after is not None:
        days = days.filter(content_id__gt=after)
    summed = days.order_by("content_id").values_list("content_id").annotate(total=Sum("views"))
    return {content_id: int(total) for content_id, total in summed[:limit]}


def _public_top(key: str, *, limit: int, without: set[UUID]) -> list[TrendingRow]:
    """The ranking's first `limit` public titles; titles that are not public are passed over, not shown."""
    rows: list[TrendingRow] = []
    for start in range(0, MOST_CHUNKS * CHUNK, CHUNK):
        chunk = counters.ranked(key, start=start, count=CHUNK)
        names = public_names_by_id([content_id for content_id, _ in chunk])
        rows += [
            {
                "content_id": content_id,
                "title": names[content_id].title,
                "original_language": names[content_id].original_language,
                "views": views,
            }
            for content_id, views in chunk
            if content_id in names and content_id not in without
        ]
        if len(rows) >= limit or len(chunk) < CHUNK:
            break
    return rows[:limit]
