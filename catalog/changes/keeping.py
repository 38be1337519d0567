"""The feed for operators: what holds it up, titles that it lacks, positions from before a restore.

Entry points: `feed_status`, `changes_fill`, `changes_rebase`. Failure: `django.db.Error`s.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connections, transaction
from django.db.models import Case, QuerySet, Value, When
from django.utils import timezone

from catalog.models import Change, Content
from catalog.visibility import admitted_by
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.settling import all_settled
from streaming.stores.statements import rows, scalar

AT_ONCE = 2000  # titles
# As statements of their own: in one with the titles, Citus would ask the workers for theirs.
POSITION = "SELECT pg_current_xact_id()::text::bigint"
SNAPSHOT = "SELECT pg_current_snapshot()::text"
# A row stays that was written by who was not done when the fill began: the statement may see the title as it was
# before. So does a shard that a commit has not come to. Where there may be one, the title has to be as new as its row.
FILL = """
INSERT INTO content_changes AS known (content_id, position, first_position, kind, at, shown)
SELECT content_id, %s, %s, 'saved', updated_at, public FROM ({titles}) AS titles ORDER BY content_id
    ON CONFLICT (content_id) DO UPDATE
   SET position = excluded.position, kind = excluded.kind, at = excluded.at, shown = true,
       first_position = CASE WHEN known.shown THEN known.first_position ELSE excluded.first_position END
 WHERE excluded.shown AND (NOT known.shown OR known.kind <> 'saved')
   AND pg_visible_in_snapshot(known.position::text::xid8, %s::pg_snapshot)
   AND (%s OR known.at <= excluded.at)
"""
REBASE = "UPDATE content_changes SET position = %s, first_position = %s"
WAITING = """
SELECT count(*) FROM content_changes
 WHERE shown AND position >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint
"""
RESTORED = """
SELECT coalesce((SELECT max(position) FROM content_changes WHERE shown)
                >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint, false)
"""
# Of any database of the server: transaction ids are counted for all of them together.
HELD_BY = """
SELECT 'session ' || pid, coalesce(extract(epoch FROM clock_timestamp() - xact_start), 0)::float8,
       coalesce(datname, ''), coalesce(application_name, ''), left(regexp_replace(query, '\\s+', ' ', 'g'), 100)
  FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
 UNION ALL
SELECT 'prepared transaction ' || gid, extract(epoch FROM clock_timestamp() - prepared)::float8, database, '', ''
  FROM pg_prepared_xacts
 ORDER BY 2 DESC LIMIT 1
"""


@dataclass(frozen=True)
class Holder:
    """The oldest transaction under way: nothing that was written since it began is told before it ends."""

    who: str
    age: timedelta
    database: str
    application: str
    statement: str


@dataclass(frozen=True)
class FeedStatus:
    """`waiting` are titles whose changes are committed and not yet told; `restored` asks for `changes_rebase`."""

    titles: int
    waiting: int
    restored: bool
    held_by: Holder | None


def feed_status() -> FeedStatus:
    """What an operator may want to know of the feed, in four statements."""
    held = rows(CATALOG, HELD_BY)
    return FeedStatus(
        titles=int(scalar(CATALOG, "SELECT count(*) FROM content_changes WHERE shown")),
        waiting=int(scalar(CATALOG, WAITING)),
        restored=bool(scalar(CATALOG, RESTORED)),
        held_by=_holder(*held[0]) if held else None,
    )


def _holder(who: str, seconds: float, *where: str) -> Holder:
    return Holder(who, timedelta(seconds=seconds), *where)


def changes_fill() -> int:
    """Notes the titles that the feed lacks, or has as hidden though they are public: those of seeds, and of who wrote
    past the services. How many they were.

    It may run beside writers: what they note meanwhile stays, and is left to the next run where it lacks something.
    Only rows that are to be written are locked, those of one batch at a time; cut off, it goes on when it is run again.
    """
    filled, last = 0, None
    while True:
        titles = Content.objects.using(CATALOG).after_id(last)
        ids = list(titles.values_list("content_id", flat=True)[:AT_ONCE])
        if lacking := _lacking(ids):
            filled += _fill(lacking)
        if len(ids) < AT_ONCE:
            return filled
        last = ids[-1]


def _lacking(ids: Collection[UUID]) -> list[UUID]:
    """Those of these titles whose row the feed lacks, or has otherwise though they are public."""
    changes = Change.objects.using(CATALOG).filter(content_id__in=ids).order_by()
    sound = {row.content_id: row.shown and row.kind == Change.Kind.SAVED for row in changes}
    return [
        title["content_id"]
        for title in _read(ids)
        if title["content_id"] not in sound or (title["public"] and not sound[title["content_id"]])
    ]


def _read(ids: Collection[UUID]) -> QuerySet[Any, Any]:
    public = Case(When(admitted_by(timezone.now()), then=Value(True)), default=Value(False))
    titles = Content.objects.using(CATALOG).filter(content_id__in=ids).order_by()
    return titles.values("content_id", "updated_at", public=public)


def _fill(ids: Collection[UUID]) -> int:
    titles = _read(ids)
    asked, parameters = titles.query.get_compiler(CATALOG).as_sql()
    before = scalar(CATALOG, SNAPSHOT)
    settled = all_settled()  # asked after: of all that was done by then
    with transaction.atomic(using=CATALOG), connections[CATALOG].cursor() as cursor:
        position = scalar(CATALOG, POSITION)
        cursor.execute(FILL.format(titles=asked), [position, position, *parameters, before, settled])
        return int(cursor.rowcount)


def changes_rebase() -> int:
    """Gives every row a position of this server's; how many there are. All readers start anew."""
    with transaction.atomic(using=CATALOG), connections[CATALOG].cursor() as cursor:
        position = scalar(CATALOG, POSITION)
        cursor.execute(REBASE, [position, position])
        return int(cursor.rowcount)
