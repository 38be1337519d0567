"""What other stores than the catalog keep of titles, for the editor who is about to merge two of them.

Entry point: `kept_elsewhere`. Failure: none of a store's: what is not to be had is told as not known.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from reviews.selectors import RatingSummary, rating_summary
from streaming.stores.outage import optional

LIMIT = timedelta(seconds=1)


def kept_elsewhere(content_ids: Sequence[UUID]) -> Sequence[tuple[str, Sequence[str]]]:
    """The name of a fact, and its value for each title."""

    def summaries() -> list[RatingSummary]:
        return [rating_summary(content_id=content_id) for content_id in content_ids]  # of two

    found = optional("reviews", summaries, limit=LIMIT, degraded=[])
    told = ["not known now"] * len(content_ids) if found is None else list(map(_told, found))
    return [("Reviews", told)]


def _told(summary: RatingSummary) -> str:
    mean = "" if summary["mean"] is None else f", mean {summary['mean']}"
    return f"{summary['count']:,}{mean}"
