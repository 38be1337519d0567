"""How long ago, by the primary's clock, the oldest change was committed that the replica has not applied.

`pg_stat_replication.replay_lag` cannot say it: it is the delay of the last change that was applied, and stands
still while the apply worker is stuck or away. The commit's time is in the WAL, so it is read there: a temporary
copy of the slot is moved to the applied position, decoded up to the first published transaction, and dropped. That
costs a few milliseconds and works while the subscriber is down. It needs the right to replicate and a free slot.

Entry point: `seconds_behind`. Failure: None when no such commit is flushed, and when it cannot be measured: no slot,
its WAL is gone, no right, no free slot, or more than `DECODING_LIMIT` of decoding (a large transaction). Outages
pass.
"""

from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connections
from psycopg2 import sql

from streaming.stores.aliases import ANALYTICS
from streaming.stores.statements import run, scalar

DECODING_LIMIT = timedelta(seconds=1)

# pgoutput's Begin message, protocol 1: byte "B", the commit's LSN, its time in microseconds since 2000.
FIRST_COMMIT = """
SELECT extract(epoch FROM clock_timestamp() - timestamptz '2000-01-01 00:00:00+00'
               - interval '1 microsecond' * ('x' || encode(substr(data, 10, 8), 'hex'))::bit(64)::bigint)
  FROM pg_logical_slot_peek_binary_changes(
           'behind_' || pg_backend_pid(), NULL, 1, 'proto_version', '1', 'publication_names', {publication})
 WHERE get_byte(data, 0) = ascii('B') LIMIT 1
"""
# The server refuses to move a slot back, which a position that is flushed, and not only applied, would be.
PAST_THE_APPLIED = """
SELECT count(pg_replication_slot_advance(slot_name, {applied}::pg_lsn)) FROM pg_replication_slots
 WHERE slot_name = 'behind_' || pg_backend_pid() AND confirmed_flush_lsn < {applied}::pg_lsn
"""
_COPY_SLOT = sql.SQL("SELECT pg_copy_logical_replication_slot({slot}, 'behind_' || pg_backend_pid(), true)")
_DROP_SLOT = sql.SQL(
    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
    " WHERE slot_name = 'behind_' || pg_backend_pid()"
)


def seconds_behind(applied: str, publication: str) -> float | None:
    """Age of the oldest published commit past `applied` (an LSN); None when there is none that is flushed."""
    try:
        run(ANALYTICS, _COPY_SLOT.format(slot=sql.Literal(settings.REPLICATION_SLOT)))
        return _first_commit(applied, publication)
    except DatabaseError as error:
        if not _is_answer(error):
            raise
        return None
    finally:
        if connections[ANALYTICS].is_usable():  # a broken connection has taken its temporary slot along
            run(ANALYTICS, _DROP_SLOT)


def _first_commit(applied: str, publication: str) -> float | None:
    limit = sql.Literal(int(DECODING_LIMIT.total_seconds() * 1000))
    run(ANALYTICS, sql.SQL("SET statement_timeout = {}").format(limit))
    try:
        run(ANALYTICS, sql.SQL(PAST_THE_APPLIED).format(applied=sql.Literal(applied)))
        age = scalar(ANALYTICS, sql.SQL(FIRST_COMMIT).format(publication=sql.Literal(publication)))
        return None if age is None else max(0.0, float(age))
    finally:
        if connections[ANALYTICS].is_usable():
            run(ANALYTICS, sql.SQL("RESET statement_timeout"))


def _is_answer(error: DatabaseError) -> bool:
    """The server's, that it will not or cannot in time; not an outage."""
    code = getattr(error.__cause__, "pgcode", None)
    return code is not None and not code.startswith("57P")  # 57P0x: the server ends the connection
