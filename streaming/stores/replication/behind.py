"""How long ago, by the primary's clock, the oldest change was committed that the replica has not applied.

`pg_stat_replication.replay_lag` cannot say it: it is the delay of the last change that was applied, and stands
still while the apply worker is stuck or away. The commit's time is in the WAL, so it is read there: a temporary
copy of the slot is decoded up to the first published transaction past the applied position, and dropped. That
costs a few milliseconds and works while the subscriber is down. It needs the right to replicate and a free slot.

Entry point: `seconds_behind`. Failure: None when it cannot be measured: no slot, its WAL is gone, no right, no
free slot, or more than `DECODING_LIMIT` of decoding (a very large transaction). Outages pass.
"""

from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connections
from psycopg2 import sql

from streaming.stores.aliases import ANALYTICS
from streaming.stores.statements import run, scalar

DECODING_LIMIT = timedelta(seconds=1)
TRANSACTIONS_LOOKED_AT = 100  # those past the flushed position that are applied already are the first of them

# pgoutput's Begin message, protocol 1: byte "B", the commit's LSN, its time in microseconds since 2000.
FIRST_COMMIT = """
WITH message AS (
    SELECT encode(substr(data, 2, 8), 'hex') AS lsn, encode(substr(data, 10, 8), 'hex') AS microseconds
      FROM pg_logical_slot_peek_binary_changes(
               'behind_' || pg_backend_pid(), NULL, {transactions},
               'proto_version', '1', 'publication_names', {publication})
     WHERE get_byte(data, 0) = ascii('B'))
SELECT extract(epoch FROM clock_timestamp() - timestamptz '2000-01-01 00:00:00+00'
                          - interval '1 microsecond' * ('x' || microseconds)::bit(64)::bigint)
  FROM message
 WHERE (left(lsn, 8) || '/' || right(lsn, 8))::pg_lsn > {applied}::pg_lsn
 ORDER BY lsn LIMIT 1
"""
_COPY_SLOT = sql.SQL("SELECT pg_copy_logical_replication_slot({slot}, 'behind_' || pg_backend_pid(), true)")
_DROP_SLOT = sql.SQL(
    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
    " WHERE slot_name = 'behind_' || pg_backend_pid()"
)


def seconds_behind(applied: str, publication: str) -> float | None:
    """Age of the oldest published commit past `applied` (an LSN); 0.0 when there is none."""
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


def _first_commit(applied: str, publication: str) -> float:
    limit = sql.Literal(int(DECODING_LIMIT.total_seconds() * 1000))
    run(ANALYTICS, sql.SQL("SET statement_timeout = {}").format(limit))
    try:
        query = sql.SQL(FIRST_COMMIT).format(
            transactions=sql.Literal(TRANSACTIONS_LOOKED_AT),
            publication=sql.Literal(publication),
            applied=sql.Literal(applied),
        )
        return max(0.0, float(scalar(ANALYTICS, query) or 0.0))
    finally:
        if connections[ANALYTICS].is_usable():
            run(ANALYTICS, sql.SQL("RESET statement_timeout"))


def _is_answer(error: DatabaseError) -> bool:
    """The server's, that it will not or cannot in time; not an outage."""
    code = getattr(error.__cause__, "pgcode", None)
    return code is not None and not code.startswith("57P")  # 57P0x: the server ends the connection
