"""View counters on the state server: exact, and each event once.

`content:views:<id>` is a title's views of all time; `trending:daily` ranks today's views; both names are
published. One script counts: it remembers the event, increments both and, on the first view of a new UTC day,
puts the finished day aside as `trending:daily:<date>`, so that no view falls between two days whatever the
flush does. Views are only ever counted into the counters' day, so a day that stands aside never changes; it
stands until the flush says that it is written (`day_settle`). The client never retries (see
`streaming.stores.redis`); a caller that may retry sends an event id.

Failure: `redis.RedisError`; then nothing was counted, or the event id makes the retry harmless.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from streaming.stores.redis import state
from streaming.stores.timing import asked

TODAY = "trending:daily"
TODAY_DATE = "trending:daily:date"
FINISHED = "trending:daily:finished"  # the days that stand aside and are not yet settled
VIEWS_PATTERN = "content:views:*"
EVENT_SECONDS = 24 * 3600
SETTLED_DAY_SECONDS = 2 * 24 * 3600  # a young day is shown filled up with the day before
BULK = 1000  # keys or members in one command of a bulk load
BULK_SECONDS = 30.0  # a bulk command may wait for the disk

COUNT_VIEW = """
local event = KEYS[4]
if event ~= '' then
  local counted = redis.call('GET', event)
  if counted then return tonumber(counted) end
end
local day = redis.call('GET', KEYS[3])
if not day or day < ARGV[2] then
  if day and redis.call('EXISTS', KEYS[2]) == 1 then
    redis.call('RENAME', KEYS[2], KEYS[2] .. ':' .. day)
    redis.call('SADD', KEYS[5], day)
  end
  redis.call('SET', KEYS[3], ARGV[2])
end
redis.call('ZINCRBY', KEYS[2], 1, ARGV[1])
local views = redis.call('INCR', KEYS[1])
if event ~= '' then redis.call('SET', event, views, 'EX', ARGV[3]) end
return views
"""
SETTLE_DAY = """
redis.call('SREM', KEYS[2], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
"""
SCAN_DAY = """
local key = KEYS[1]
if redis.call('GET', KEYS[2]) ~= ARGV[1] then key = key .. ':' .. ARGV[1] end
return redis.call('ZSCAN', key, ARGV[2], 'COUNT', ARGV[3])
"""


def views_key(content_id: UUID) -> str:
    return f"content:views:{content_id}"


def day_key(day: date) -> str:
    """Where a day's ranking stands once it is finished."""
    return f"{TODAY}:{day.isoformat()}"


def count_view(*, content_id: UUID, today: date, event_id: str | None = None) -> int:
    """Counts one view and returns the title's total; a known `event_id` counts nothing and returns its total.

    An event is known for a day. A clock behind the counters' day counts into that day.
    """
    keys = [views_key(content_id), TODAY, TODAY_DATE, _event_key(content_id, event_id), FINISHED]
    with asked("state"):
        return int(
            state().eval(
                COUNT_VIEW,
                len(keys),
                *keys,
                str(content_id),
                today.isoformat(),
                EVENT_SECONDS,
            )
        )


def views_of(content_id: UUID) -> int:
    """A title's views of all time."""
    with asked("state"):
        return int(state().get(views_key(content_id)) or 0)


def counting_day() -> date | None:
    """The day `trending:daily` is of; None before the first view."""
    with asked("state"):
        held = state().get(TODAY_DATE)
    return date.fromisoformat(_text(held)) if held else None


def ranked(key: str, *, start: int, count: int) -> list[tuple[UUID, int]]:
    """`count` titles of a ranking from place `start`, most viewed first; same views in reverse id order."""
    with asked("state"):
        rows = state().zrevrange(key, start, start + count - 1, withscores=True)
    return _typed(rows)


def views_in(key: str, content_ids: Collection[UUID]) -> dict[UUID, int]:
    """Views of these titles in one ranking; 0 for those not in it."""
    if not content_ids:
        return {}
    with asked("state"):
        scores = state().zmscore(key, [str(content_id) for content_id in content_ids])
    return {content_id: int(score or 0) for content_id, score in zip(content_ids, scores, strict=True)}


def whole_ranking(day: date, *, chunk: int = 1000) -> Iterator[list[tuple[UUID, int]]]:
    """A day's ranking in chunks, in constant memory. Rows that move while it is read may come twice, never go amiss.

    The day may end meanwhile: each chunk is looked for where the day stands then, never in the next day's ranking.
    """
    cursor = b"0"
    while True:
        with asked("state"):
            cursor, flat = state().eval(SCAN_DAY, 2, TODAY, TODAY_DATE, day.isoformat(), cursor, chunk)
        if flat:
            yield _typed(zip(flat[::2], flat[1::2], strict=True))
        if _text(cursor) == "0":
            return


def finished_days() -> list[date]:
    """Days that stand aside and are not settled, oldest first, however long ago they were."""
    with asked("state"):
        return sorted(date.fromisoformat(_text(day)) for day in state().smembers(FINISHED))


def day_settle(day: date) -> None:
    """Call it once a finished day is written elsewhere: its ranking stays for two more days. Repeatable."""
    with asked("state"):
        state().eval(SETTLE_DAY, 2, day_key(day), FINISHED, day.isoformat(), SETTLED_DAY_SECONDS)


def counters_load(views: Mapping[UUID, int]) -> None:
    """Sets titles' views of all time, many in one command."""
    rows = list(views.items())
    server = state(seconds=BULK_SECONDS)
    for start in range(0, len(rows), BULK):
        server.mset({views_key(content_id): count for content_id, count in rows[start : start + BULK]})


def ranking_load(day: date, views: Mapping[UUID, int], *, finished: bool) -> None:
    """Makes `views` the ranking of `day`: the running one, or one that stands aside until the flush."""
    rows = list(views.items())
    key = day_key(day) if finished else TODAY
    pipeline = state(seconds=BULK_SECONDS).pipeline(transaction=False)
    for start in range(0, len(rows), BULK):
        pipeline.zadd(key, {str(content_id): count for content_id, count in rows[start : start + BULK]})
    if finished:
        pipeline.sadd(FINISHED, day.isoformat())
    else:
        pipeline.set(TODAY_DATE, day.isoformat())
    pipeline.execute()


def counters_clear() -> None:
    """Deletes every view counter, every ranking and every remembered event."""
    server = state(seconds=BULK_SECONDS)
    for pattern in (VIEWS_PATTERN, f"{TODAY}*", "views:event:*"):
        pipeline = server.pipeline(transaction=False)
        for key in server.scan_iter(match=pattern, count=BULK):
            pipeline.unlink(key)
            if len(pipeline) >= BULK:
                pipeline.execute()
        pipeline.execute()


def counted() -> tuple[int, int]:
    """How many titles have views, and how many views they have together, by asking every counter."""
    server = state(seconds=BULK_SECONDS)
    keys = list(set(server.scan_iter(match=VIEWS_PATTERN, count=BULK)))  # a scan may name a key twice
    values = (server.mget(keys[start : start + BULK]) for start in range(0, len(keys), BULK))
    return len(keys), sum(int(value or 0) for chunk in values for value in chunk)


def ranked_count() -> int:
    """Titles in today's ranking."""
    return int(state().zcard(TODAY))


def _event_key(content_id: UUID, event_id: str | None) -> str:
    if event_id is None:
        return ""
    return "views:event:" + hashlib.sha256(f"{content_id}:{event_id}".encode()).hexdigest()


def _typed(rows: Any) -> list[tuple[UUID, int]]:
    """A reply's members and scores; redis-py types them for every protocol and decoding at once."""
    return [(UUID(_text(member)), int(views)) for member, views in rows]


def _text(reply: bytes | str) -> str:
    return reply.decode() if isinstance(reply, bytes) else reply
