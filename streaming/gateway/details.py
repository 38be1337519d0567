"""One title with everything about it, from four stores. Only the catalog is mandatory.

Each of the others has its own limit, together within the request's deadline; a missing one is named in
`degraded` and its fields are empty or null.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from analytics.selectors import usernames_by_id
from catalog.languages import Chain
from catalog.selectors import content_record
from catalog.visibility import Audience
from reviews.selectors import RatingSummary, rating_summary, reviews_page
from streaming.stores.outage import optional, unavailable_as
from trending.counters import views_of

REVIEWS_LIMIT = timedelta(milliseconds=300)
USERNAMES_LIMIT = timedelta(milliseconds=200)
VIEWS_LIMIT = timedelta(milliseconds=100)
REVIEWS_SHOWN = 20


def content_details(
    *, content_id: UUID, audience: Audience | None = None, chain: Chain = ()
) -> dict[str, Any] | None:
    """Details of a title; None when this audience may see none. Raises `StoreUnavailable` without the catalog."""
    with unavailable_as("catalog"):
        record = content_record(content_id=content_id, audience=audience, chain=chain)
    if record is None:
        return None
    degraded: list[str] = []
    views = optional("views", lambda: views_of(content_id), limit=VIEWS_LIMIT, degraded=degraded)
    opinions = optional("reviews", lambda: _opinions(content_id), limit=REVIEWS_LIMIT, degraded=degraded)
    reviews, summary = opinions or ([], None)
    return {
        **record,
        "reviews": with_usernames(reviews, degraded=degraded),
        "rating_summary": summary,
        "real_time_views": views,
        "degraded": degraded,
    }


def with_usernames(reviews: list[dict[str, Any]], *, degraded: list[str]) -> list[dict[str, Any]]:
    """The reviews with their authors' usernames, all asked at once; null where there is none."""
    names = optional(
        "usernames",
        lambda: usernames_by_id({review["user_id"] for review in reviews}),
        limit=USERNAMES_LIMIT,
        degraded=degraded,
    )
    return [{**review, "username": (names or {}).get(review["user_id"])} for review in reviews]


def _opinions(content_id: UUID) -> tuple[list[dict[str, Any]], RatingSummary]:
    page = reviews_page(content_id=content_id, after=None, limit=REVIEWS_SHOWN)
    return page, rating_summary(content_id=content_id)
