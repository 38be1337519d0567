"""Reads of user ids and plays through the foreign tables in the catalog's database: all its SQL is here.

Both tables are of one foreign server, so the join, the filter and the order run there; of what is sorted
there, the limit takes the first batch at most (the server's `fetch_size`).
The position is spelt out because postgres_fdw does not send a comparison of rows: it would fetch every newer play.
Their time counts for the replica and, because it carries them, for the catalog. Failure:
`django.db.OperationalError` when the replica or the catalog is away.
"""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.db import connections

from streaming.stores.aliases import CATALOG
from streaming.stores.federation.setup import SCHEMA
from streaming.stores.timing import asked

Position = tuple[datetime, UUID]


class Play(TypedDict):
    history_id: UUID
    user_id: UUID
    username: str
    content_id: UUID
    watched_at: datetime
    duration_watched_seconds: int
    last_position_seconds: int


# Foreign tables have no statistics, so the planner would fetch all rows and sort them here for the first ten.
# In one string with its query it costs no round trip, and lasts no longer than that.
SORT_THERE = "SET LOCAL enable_sort = off; "

PLAY_COLUMNS = tuple(Play.__annotations__)

HISTORY = f"""
SELECT h.history_id, h.user_id, u.username, h.content_id, h.watched_at,
       h.duration_watched_seconds, h.last_position_seconds
  FROM {SCHEMA}.user_watch_history h JOIN {SCHEMA}.users u ON u.user_id = h.user_id
 WHERE h.user_id = %(user_id)s
   AND (%(watched_at)s::timestamptz IS NULL
        OR h.watched_at <= %(watched_at)s::timestamptz
           AND (h.watched_at < %(watched_at)s::timestamptz OR h.history_id < %(history_id)s::uuid))
 ORDER BY h.watched_at DESC, h.history_id DESC
 LIMIT %(limit)s
"""  # noqa: S608  # SCHEMA is a constant


USER_IDS = f"""
SELECT user_id FROM {SCHEMA}.users
 WHERE %(after)s::uuid IS NULL OR user_id > %(after)s::uuid ORDER BY user_id LIMIT %(limit)s
"""  # noqa: S608


def user_ids_after(*, user_id: UUID | None, limit: int) -> list[UUID]:
    """Up to `limit` user ids in order, past `user_id`."""
    with asked("replica"), connections[CATALOG].cursor() as cursor:
        cursor.execute(SORT_THERE + USER_IDS, {"after": user_id, "limit": limit})
        return [row[0] for row in cursor.fetchall()]


def plays_of(*, user_id: UUID, after: Position | None, limit: int) -> list[Play]:
    """Up to `limit` of a viewer's plays, newest first, past the play at `after`."""
    watched_at, history_id = after or (None, None)
    parameters = {"user_id": user_id, "watched_at": watched_at, "history_id": history_id, "limit": limit}
    with asked("replica"), connections[CATALOG].cursor() as cursor:
        cursor.execute(SORT_THERE + HISTORY, parameters)
        return [Play(**dict(zip(PLAY_COLUMNS, row, strict=True))) for row in cursor.fetchall()]  # type: ignore[typeddict-item]
