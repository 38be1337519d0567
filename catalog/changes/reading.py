"""Reading the feed: what changed past a cursor, told as the catalog is now.

A row says that a title changed, the title's own row says what it is. So a reader that was away gets each title once,
in its present state, and a title that is no longer public is told as deleted or merged, never shown. What time decides
goes by the clock of who wrote the row where that is ahead of the reader's: the row will not be moved for it again. A
row is held back until the reader's clock has come to it, or who asks for the title at once finds it hidden.

Entry points: `Cursor`, `changes_since`. Failure: `CursorExpired`, `FeedRestored`; `django.db.Error`s.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connections
from django.utils import timezone

from catalog.models import Change, Content
from catalog.selectors import survivors_by_id
from catalog.visibility import GATE_FIELDS, Audience, is_public
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.settling import all_settled

# What one server wrote in one unbroken history into one table. Restored elsewhere, taken back to an earlier moment or
# emptied, it is another feed: positions of the old one say nothing there.
FEED = """
md5(concat_ws(' ', (SELECT system_identifier FROM pg_control_system()),
                   left(pg_walfile_name(pg_current_wal_lsn()), 8), pg_relation_filenode('content_changes')))
"""
# The horizon and the rows below it, in one statement: of two, the second could see what the first waited for.
READ = f"""
SELECT feed.id, feed.horizon, feed.highest >= feed.next, feed.start, page.*
  FROM (SELECT {FEED} AS id, horizon, next,
               (SELECT max(position) FROM content_changes WHERE shown) AS highest,
               coalesce(%(start)s, 1 + (SELECT max(position) FROM content_changes
                                         WHERE shown AND position < horizon), 0) AS start
          FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon,
                       pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next) AS snapshot) AS feed
  LEFT JOIN LATERAL (
       SELECT content_id, position, first_position, kind, at FROM content_changes
        WHERE shown AND position < feed.horizon AND (position, content_id) > (%(position)s, %(content_id)s::uuid)
          AND (kind = 'saved' OR position >= feed.start)
        ORDER BY position, content_id LIMIT %(limit)s) AS page ON true
 ORDER BY page.position, page.content_id
"""  # noqa: S608  # nothing of it comes from outside
NOWHERE = UUID(int=0)
# After that long a row that its shard does not show is asked about: see `_never_shown`.
PATIENCE = timedelta(seconds=60)
# So far clocks may be apart; a row that is farther ahead does not hold the feed up.
APART = timedelta(seconds=60)


class CursorExpired(Exception):
    """The cursor is of another feed: the client starts anew, without one."""


class FeedRestored(Exception):
    """Rows come from another server's history: `manage.py changes rebase` gives them positions of this one's."""


class Cursor(NamedTuple):
    """The last row that a reader was told, and the end of the feed when it began (`start`)."""

    feed: str
    position: int
    content_id: UUID
    start: int


class Row(NamedTuple):
    content_id: UUID
    position: int
    first_position: int
    kind: str
    at: datetime


class Page(NamedTuple):
    """`results` are as the API has them; `following` is where to go on, also from an empty page."""

    results: list[dict[str, Any]]
    following: Cursor


def changes_since(*, cursor: Cursor | None, limit: int) -> Page:
    """Up to `limit` changes past the cursor, in the order of the feed: three queries, four with merged titles,
    and two more where a row waits longer than `PATIENCE` for its shard.

    None reads from the beginning. An empty page is the end for now. What was hidden or deleted before a reader began is
    nothing to it, and is left out.
    """
    rows, begun = _rows(cursor, limit)
    titles = _titles([row.content_id for row in rows])
    shown = _shown(rows, titles)
    if shown < len(rows) and _never_shown(rows[shown]):
        titles = _titles([row.content_id for row in rows])
        shown = _shown(rows, titles, patience=PATIENCE)
    told = rows[:shown]
    if not told:
        return Page([], begun)
    last = told[-1]
    return Page(
        _told(told, titles, begun), begun._replace(position=last.position, content_id=last.content_id)
    )


def _rows(cursor: Cursor | None, limit: int) -> tuple[list[Row], Cursor]:
    """Rows past the cursor, and the cursor itself; for None the one that begins here."""
    begin = cursor or Cursor("", 0, NOWHERE, 0)
    values: dict[str, str | int | None] = {
        "position": begin.position,
        "content_id": str(begin.content_id),
        "start": cursor.start if cursor else None,
        "limit": limit,
    }
    with connections[CATALOG].cursor() as statement:
        statement.execute(READ, values)
        found = [(columns[:4], columns[4:]) for columns in statement.fetchall()]
    (feed, horizon, restored, start), _ = found[0]
    if cursor and (cursor.feed != feed or cursor.position >= horizon):
        raise CursorExpired
    if restored:
        raise FeedRestored
    rows = [Row(*columns) for _, columns in found if columns[0]]
    return rows, begin._replace(feed=feed, start=start)


def _titles(content_ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    titles = Content.objects.filter(content_id__in=content_ids).order_by()
    return {row["content_id"]: row for row in titles.values("content_id", "updated_at", *GATE_FIELDS)}


def _shown(
    rows: Sequence[Row], titles: Mapping[UUID, dict[str, Any]], *, patience: timedelta | None = None
) -> int:
    """How many of the rows, from the first, are not ahead of the clock and shown by the titles' own shards; with
    `patience`, older ones count as shown.
    """
    now = timezone.now()
    believed = None if patience is None else now - patience
    for place, row in enumerate(rows):
        if now < row.at <= now + APART:
            return place
        title = titles.get(row.content_id)
        if row.kind == Change.Kind.DELETED:
            seen = title is None or title["updated_at"] > row.at
        else:
            seen = title is not None and title["updated_at"] >= row.at
        if not seen and (believed is None or row.at > believed):
            return place
    return len(rows)


def _never_shown(row: Row) -> bool:
    """Whether waiting for its shard is in vain: no part of any old transaction is still to be committed there.

    It is so for a title that somebody deleted past the services; without this it would stop the feed for good.
    """
    return row.at < timezone.now() - PATIENCE and all_settled()


def _told(rows: Sequence[Row], titles: Mapping[UUID, dict[str, Any]], begun: Cursor) -> list[dict[str, Any]]:
    now = timezone.now()
    survivors = survivors_by_id([row.content_id for row in rows])
    whole = _titles(set(survivors.values()))
    into = {
        loser: survivor
        for loser, survivor in survivors.items()
        if survivor in whole and is_public(whole[survivor], Audience(now))
    }
    return [_change(row, titles.get(row.content_id), into.get(row.content_id), now, begun) for row in rows]


def _change(
    row: Row, title: Mapping[str, Any] | None, into_id: UUID | None, now: datetime, begun: Cursor
) -> dict[str, Any]:
    told = {"content_id": row.content_id, "change": "deleted", "at": row.at}
    if title and _is_public(row, title, now):
        known = (row.first_position, row.content_id) <= (begun.position, begun.content_id)
        told["change"] = "updated" if known and row.position >= begun.start else "created"
    elif into_id:
        told |= {"change": "merged", "into": into_id}
    return told


def _is_public(row: Row, title: Mapping[str, Any], now: datetime) -> bool:
    """Never where the row says `hidden`: whoever shows the title moves it."""
    return row.kind != Change.Kind.HIDDEN and is_public(title, Audience(max(now, row.at)))
