"""The replica's applied position: the primary's WAL up to which every commit is visible on the replica.

`publish` makes, on the replica, `replication.applied()` and the view `replication.position` of it, which every role
there may read: it is one number. The catalog's foreign table `analytics.replica_position` is made over the view by
`federation.setup`. `position` asks on the replica itself, `position_through_catalog` on the connection and the server
session that then read plays. Failure: `django.db.Error`s; `ProgrammingError` before set-up.

Two figures of the subscription are put together, because neither does alone (ADR 0012). `latest_end_lsn` moves when
the worker handles a keepalive, after all that was sent before: it is never ahead, but the last commit before a quiet
time may get none. The origin's progress moves with each commit, an instant before the commit is visible: it counts
only when the worker, asked afterwards, is in no transaction.
"""

import time
from datetime import timedelta

from django.db import ProgrammingError
from psycopg2 import sql

from streaming.stores.aliases import CATALOG, REPLICA
from streaming.stores.deadline import within
from streaming.stores.outage import StoreUnavailable, unavailable_as
from streaming.stores.replication.subscription import SUBSCRIPTION
from streaming.stores.statements import rows, run, scalar
from streaming.stores.timing import asked

POLL_SECONDS = 0.01
SCHEMA = "replication"
VIEW = "position"
COLUMNS = {"applied": "pg_lsn"}
FOREIGN_TABLE = "analytics.replica_position"

# plpgsql, because its statements run one after the other: `busy` has to be looked up after `committed`.
# SECURITY DEFINER, because only a superuser may ask for an origin's progress.
APPLIED = f"""
CREATE SCHEMA IF NOT EXISTS {SCHEMA};
CREATE OR REPLACE FUNCTION {SCHEMA}.applied() RETURNS pg_lsn
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    subscription oid;
    committed pg_lsn;
    reported pg_lsn;
    busy boolean;
BEGIN
    SELECT s.oid INTO subscription
      FROM pg_subscription s JOIN pg_subscription_rel r ON r.srsubid = s.oid
     WHERE s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND s.subenabled
     GROUP BY s.oid HAVING bool_and(r.srsubstate = 'r');
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    committed := pg_replication_origin_progress('pg_' || subscription, false);
    SELECT max(w.latest_end_lsn), bool_or(a.backend_xid IS NOT NULL) INTO reported, busy
      FROM pg_stat_get_subscription(subscription) w LEFT JOIN pg_stat_activity a ON a.pid = w.pid
     WHERE w.relid IS NULL;
    RETURN CASE WHEN busy THEN reported ELSE greatest(reported, committed) END;
END $$;
CREATE OR REPLACE VIEW {SCHEMA}.{VIEW} AS SELECT {SCHEMA}.applied() AS applied;
GRANT USAGE ON SCHEMA {SCHEMA} TO PUBLIC;
GRANT SELECT ON {SCHEMA}.{VIEW} TO PUBLIC
"""  # noqa: S608  # constants
ON_REPLICA = f"SELECT applied FROM {SCHEMA}.{VIEW}"  # noqa: S608
ON_REPLICA_WITH_LISTS = f"""
SELECT applied, (SELECT obj_description(oid, 'pg_subscription') FROM pg_subscription
                  WHERE subname = %s
                    AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database()))
  FROM {SCHEMA}.{VIEW}
"""  # noqa: S608
THROUGH_CATALOG = f"SELECT applied FROM {FOREIGN_TABLE}"  # noqa: S608


def publish() -> None:
    """Makes function and view on the replica, or makes them anew; may be repeated."""
    run(REPLICA, sql.SQL(APPLIED))


def position() -> int | None:
    """In bytes of the primary's WAL; None while a table is being copied, or nobody is subscribed."""
    return lsn_or_none(scalar(REPLICA, ON_REPLICA))


def position_and_lists() -> tuple[int | None, str | None]:
    """`position`, and what set-up noted as sent when it had the rows copied: the subscription's comment."""
    ((position, lists),) = rows(REPLICA, ON_REPLICA_WITH_LISTS, SUBSCRIPTION)
    return lsn_or_none(position), lists


def soon(lsn: int, *, limit: timedelta) -> bool:
    """Waits for the replica up to `limit`; whether it has applied `lsn` bytes. An outage is a no."""
    give_up_at = time.monotonic() + limit.total_seconds()
    try:
        with unavailable_as("replica"), within(limit):
            while (position() or 0) < lsn:
                if time.monotonic() > give_up_at:
                    return False
                time.sleep(POLL_SECONDS)
    except (StoreUnavailable, ProgrammingError):
        return False
    return True


def position_through_catalog() -> int | None:
    """The same through the foreign table. Only rows read by a later transaction are at least as new."""
    with asked("replica"):
        return lsn_or_none(scalar(CATALOG, THROUGH_CATALOG))


def lsn_or_none(text: str | None) -> int | None:
    """`16/B374D848` as a number of bytes."""
    if text is None:
        return None
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)
