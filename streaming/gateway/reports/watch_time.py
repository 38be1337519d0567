"""Watch time by genre and ISO week: plays of the replica, titles and genres of the catalog, in one SQL statement.

The plays are summed by title and week on the replica, through the foreign table; what comes back is joined with the
titles where those lie, on Citus on every shard. Weeks are ISO weeks of UTC, cut off at the range's ends. A title with
two genres counts for both; plays of titles without a genre, and of titles that are gone, are lines of their own; so
nothing is lost, and the total counts each play once. Viewers are left out: a viewer of two titles would count twice.

Entry points: `watch_time`, `days_of`. Failure: `RangeRefused`; `ReportFailed` when a store is away or takes too
long; both say it in one sentence.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import DatabaseError, OperationalError, connections
from django.utils import timezone

from streaming.stores import replica
from streaming.stores.aliases import CATALOG
from streaming.stores.federation.checking import reason
from streaming.stores.federation.setup import SCHEMA
from streaming.stores.outage import StoreUnavailable, discard_broken_connections
from streaming.stores.refusal import Failed, Refused
from streaming.stores.replication.position import lag_bytes

DEFAULT_WEEKS = 12
LONGEST_WEEKS = 104
STATEMENT_SECONDS = 25  # below the admin's deadline
QUERY_CANCELED = "57014"
NOT_COPIED = {
    replica.NOT_SET_UP: "The replica is not set up: run `manage.py setup_stores`.",
    replica.INCOMPLETE: "The replica is not sent everything: see `manage.py replication status`.",
    replica.NOT_READY: "The replica is being copied or follows nobody: see `manage.py replication status`.",
}

GENRE, WITHOUT_GENRE, DELETED, ALL = "genre", "without genre", "deleted titles", "all titles"
KINDS = (GENRE, WITHOUT_GENRE, DELETED, ALL)

# date_bin, because postgres_fdw does not send a function that takes a text: date_trunc would have every play fetched.
# Weeks of seven days from a Monday, in UTC, are ISO weeks. A null week stands for the whole range.
# Of a foreign table the planner expects a few rows, and would look every title up by itself, and sort them all.
# Titles that are gone are what is left over: on Citus an outer join would fetch every title to the coordinator.
STATEMENT = f"""
SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'; SET LOCAL enable_nestloop = off; SET LOCAL enable_sort = off;
WITH plays AS MATERIALIZED (
    SELECT content_id, date_bin('7 days', watched_at, '2001-01-01 00:00+00') AS week,
           count(*) AS plays, sum(duration_watched_seconds) AS seconds
      FROM {SCHEMA}.user_watch_history
     WHERE watched_at >= %(start)s AND watched_at < %(end)s
     GROUP BY 1, 2),
counted AS MATERIALIZED (
    SELECT content_id, week, plays, seconds FROM plays
     UNION ALL
    SELECT content_id, NULL, sum(plays)::bigint, sum(seconds)::bigint FROM plays GROUP BY content_id),
by_genre AS MATERIALIZED (
    SELECT c.week, g.name, sum(c.plays) AS plays, sum(c.seconds) AS seconds, count(*) AS titles
      FROM counted c JOIN content_metadata m ON m.content_id = c.content_id
      LEFT JOIN content_genres mg ON mg.content_id = m.content_id
      LEFT JOIN genres g ON g.genre_id = mg.genre_id
     GROUP BY c.week, g.name),
present AS MATERIALIZED (
    SELECT c.week, sum(c.plays) AS plays, sum(c.seconds) AS seconds, count(*) AS titles
      FROM counted c JOIN content_metadata m ON m.content_id = c.content_id GROUP BY c.week),
everything AS MATERIALIZED (
    SELECT week, sum(plays) AS plays, sum(seconds) AS seconds, count(*) AS titles FROM counted GROUP BY week)
SELECT CASE WHEN name IS NULL THEN '{WITHOUT_GENRE}' ELSE '{GENRE}' END, week, name,
       plays::bigint, seconds::bigint, titles
  FROM by_genre
 UNION ALL
SELECT '{DELETED}', week, NULL, sum(plays)::bigint, sum(seconds)::bigint, sum(titles)::bigint
  FROM (SELECT week, plays, seconds, titles FROM everything
         UNION ALL
        SELECT week, -plays, -seconds, -titles FROM present) parts
 GROUP BY week HAVING sum(plays) > 0
 UNION ALL
SELECT '{ALL}', week, NULL, plays::bigint, seconds::bigint, titles FROM everything
"""  # noqa: S608  # constants


class RangeRefused(Refused):
    """The days asked for cannot be reported on."""


class ReportFailed(Failed):
    """A store gave no answer; the message says which and what to do."""


@dataclass(frozen=True)
class Line:
    """Plays of one genre, or of what `kind` names, in one week. `week` is its Monday; None: the whole range."""

    kind: str
    week: date | None
    genre: str | None
    plays: int
    seconds: int
    titles: int

    @property
    def hours(self) -> float:
        return self.seconds / 3600

    @property
    def label(self) -> str:
        return self.genre or self.kind


@dataclass(frozen=True)
class WatchTime:
    """`weekly`: by week, then with most hours first, the total last. `whole`: the same of the whole range.

    With a genre asked for, its lines alone. `lag_bytes`: of the primary's WAL not yet on the replica; None: unknown.
    """

    first: date
    last: date
    genre: str | None
    weekly: list[Line]
    whole: list[Line]
    as_of: datetime
    lag_bytes: int | None


def days_of(first: date | None, last: date | None) -> tuple[date, date]:
    """The range, by default the last 12 weeks up to today. Raises `RangeRefused`."""
    last = last or timezone.now().date()
    first = first or _monday(last) - min(timedelta(weeks=DEFAULT_WEEKS - 1), _monday(last) - date.min)
    if first > last:
        raise RangeRefused(f"The first day, {first}, is after the last, {last}.")
    if last - first >= timedelta(weeks=LONGEST_WEEKS):
        raise RangeRefused(f"At most {LONGEST_WEEKS} weeks are reported on at once; this is longer.")
    if last == date.max:
        raise RangeRefused(f"The last day is {last}; nothing is watched on that day.")
    return first, last


def watch_time(*, first: date, last: date, genre: str | None = None) -> WatchTime:
    """Of the plays from the start of `first` to the end of `last`. Raises `ReportFailed`."""
    _require_copied()
    as_of, behind = timezone.now(), _lag()
    lines = [line for line in _lines(first, last) if genre is None or line.genre == genre]
    lines.sort(key=lambda line: (line.week or date.min, KINDS.index(line.kind), -line.seconds, line.label))
    return WatchTime(
        first=first,
        last=last,
        genre=genre,
        weekly=[line for line in lines if line.week],
        whole=[line for line in lines if not line.week],
        as_of=as_of,
        lag_bytes=behind,
    )


def _lines(first: date, last: date) -> list[Line]:
    parameters = {"start": _midnight(first), "end": _midnight(last + timedelta(days=1))}
    try:
        with connections[CATALOG].cursor() as cursor:
            cursor.execute(STATEMENT, parameters)
            return [
                Line(kind, week and week.date(), name, plays, seconds, titles)
                for kind, week, name, plays, seconds, titles in cursor.fetchall()
            ]
    except DatabaseError as error:
        discard_broken_connections()
        raise ReportFailed(_explained(error)) from error


def _require_copied() -> None:
    """A replica that is still copying would show too little, and say that this is all."""
    try:
        replica.copied_position()
    except StoreUnavailable as error:
        away = f"The replica does not answer: {reason(error.__cause__ or error)}."
        raise ReportFailed(NOT_COPIED.get(replica.reason_of(error), away)) from error


def _lag() -> int | None:
    try:
        return lag_bytes()
    except OperationalError:  # the primary's: the report does without it, and says so
        discard_broken_connections()
        return None


def _explained(error: DatabaseError) -> str:
    code = getattr(error.__cause__, "pgcode", None)
    if code == QUERY_CANCELED:
        return "The report took too long and was stopped: choose a shorter range."
    if code is None:
        return f"The catalog does not answer: {reason(error)}."
    return f"The replica cannot be read: {reason(error)}; `manage.py federation check` says more."


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
