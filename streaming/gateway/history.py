"""A viewer's plays with the titles they are of: plays by the foreign data wrapper, then titles by their ids."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from analytics.federated import Position
from analytics.selectors import plays_page
from catalog.selectors import once_public_titles_by_id
from streaming.stores.outage import optional

TITLES_LIMIT = timedelta(milliseconds=300)


def watch_history(
    *, user_id: UUID, after: Position | None, limit: int, degraded: list[str]
) -> list[dict[str, Any]]:
    """Up to `limit` plays, newest first; `title` is null when the title is gone or the catalog away."""
    plays = plays_page(user_id=user_id, after=after, limit=limit)
    titles = optional(
        "catalog",
        lambda: once_public_titles_by_id({play["content_id"] for play in plays}),
        limit=TITLES_LIMIT,
        degraded=degraded,
    )
    return [{**play, "title": (titles or {}).get(play["content_id"])} for play in plays]
