"""From the days of `trending_daily` to what search and lists order by.

Entry point: `popularity_refresh`, which the worker calls once an hour. It may be cut off at any point and repeated.
Failure: `django.db.Error`s.
"""

from datetime import date, timedelta

from catalog.services import recent_views_set
from trending.selectors import views_since

RECENT = timedelta(days=30)
AT_ONCE = 1000


def popularity_refresh(*, today: date) -> int:
    """Brings every title's views of the last thirty days up to date; how many titles have another number now."""
    changed, after = 0, None
    while True:
        views = views_since(day=today - RECENT, after=after, limit=AT_ONCE)
        upto = max(views) if len(views) == AT_ONCE else None
        changed += recent_views_set(views=views, after=after, upto=upto)
        if upto is None:
            return changed
        after = upto
