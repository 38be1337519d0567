"""Seeded popularity: `trending_daily` and the counters, both from the same sums of plays.

Entry points: `days_load`, `counters_seed`, `trending_empty`, `trending_counts`. The daily rows go with their
titles when the catalog is emptied; the counters are emptied here.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Sum

from streaming.stores.aliases import CATALOG
from streaming.stores.citus.writing import mixed_transaction
from streaming.stores.copying import analyze, copy_lines
from streaming.stores.seeded import Track, random_for, uuid_texts
from trending import counters
from trending.models import TrendingDaily

COLUMNS = ("id", "date", "content_id", "views", "watch_time_minutes")

TitleDay = tuple[str, int, int]
"""A title's id, its views and its watched minutes of one day."""
Days = Iterable[tuple[date, Iterable[TitleDay]]]


def days_load(*, seed: int, days: Days, total: int, track: Track) -> None:
    """Writes the `total` daily rows of `days`."""
    with mixed_transaction(CATALOG):
        copy_lines(CATALOG, "trending_daily", COLUMNS, track(_lines(seed, days), "days of titles", total))
        analyze(CATALOG, "trending_daily")


def counters_seed(
    *, until: date, views: Mapping[UUID, int], rankings: Mapping[date, Mapping[UUID, int]]
) -> None:
    """Sets the views of all time and, from `rankings`, the running one of `until` and the day before's.

    A day without views gets no ranking, and without one `until` is not yet the counters' day.
    """
    counters.counters_load(views)
    for day, finished in ((until - timedelta(days=1), True), (until, False)):
        if ranking := rankings.get(day):
            counters.ranking_load(day, ranking, finished=finished)


def trending_empty() -> None:
    """Deletes every counter and ranking."""
    counters.counters_clear()


def trending_counts() -> dict[str, int]:
    """What `trending_daily` and the counters hold now."""
    titles, views = counters.counted()
    daily = TrendingDaily.objects.using(CATALOG)
    return {
        "days of titles": daily.count(),
        "views in days": daily.aggregate(total=Sum("views"))["total"] or 0,
        "view counters": titles,
        "views counted": views,
        "titles ranked today": counters.ranked_count(),
    }


def _lines(seed: int, days: Days) -> Iterator[str]:
    new_id = uuid_texts(random_for(seed, "days of titles"))
    for day, titles in days:
        text = day.isoformat()
        for content_id, views, minutes in titles:
            yield f"{new_id()}\t{text}\t{content_id}\t{views}\t{minutes}\n"
