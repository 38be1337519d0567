"""What state replication is in, asked of both sides, and what of it is wrong.

`replication_status` never raises for a store that is away: what it could not ask is None, and the side's `problem`
says why. It waits `SIDE_LIMIT` for a side at most, also for a frozen one. `findings` (of `judging`) says what is wrong
and which command repairs it. The figures:

* `lag_bytes`: WAL of the primary that the replica has not applied, counted from the slot while nobody is connected.
* `lag_seconds`: age of the oldest published change that is not applied (`behind`); 0 when no WAL is left to apply,
  None when what is left has no such change or it could not be found.
* `retained_bytes`, `left_bytes`: WAL the slot holds, and what may still be written before it is lost.
* `apply_errors`, `copy_errors`, `conflicts`: the subscription's counts since it was made; `skipped` are those
  conflicts at which the apply worker goes on, so that the rows differ from then on. PostgreSQL below 18 counts none.

Entry points: `replication_status`, `findings`, `forget_skipped`. Failure: none of a store's.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections

from streaming.stores.addresses import database_of
from streaming.stores.aliases import ANALYTICS, REPLICA
from streaming.stores.deadline import guarded, within
from streaming.stores.outage import discard_broken_connections
from streaming.stores.refusal import first_line
from streaming.stores.replication import publication, structure
from streaming.stores.replication.behind import seconds_behind
from streaming.stores.replication.fencing import fenced
from streaming.stores.replication.judging import findings
from streaming.stores.replication.position import APPLIED, BEHIND, SLOTS
from streaming.stores.replication.promotion.building import is_whole
from streaming.stores.replication.state import ReplicationStatus, Side, Slot, Subscription
from streaming.stores.replication.subscription import PUBLICATION, SUBSCRIPTION
from streaming.stores.replication.subscription import published as sent
from streaming.stores.statements import rows

__all__ = ["findings", "forget_skipped", "replication_status"]

Published = Mapping[str, Sequence[str]]

SIDE_LIMIT = timedelta(seconds=4)

SLOT = f"""
SELECT s.active, s.wal_status, s.safe_wal_size AS left_bytes,
       pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn)::bigint AS retained_bytes,
       {BEHIND} AS lag_bytes, {APPLIED}::text AS applied,
       to_jsonb(s)->>'invalidation_reason' AS invalidation_reason,
       extract(epoch FROM now() - (to_jsonb(s)->>'inactive_since')::timestamptz)::float AS inactive_seconds,
       (SELECT nullif(setting::bigint, -1) * 1048576 FROM pg_settings
         WHERE name = 'max_slot_wal_keep_size') AS cap_bytes
  FROM {SLOTS}
 WHERE s.slot_name = %s
"""  # noqa: S608  # constants; by to_jsonb: PostgreSQL 15 and 16 lack these columns, 17 is the first with both
SUBSCRIBED = """
SELECT s.subenabled,
       EXISTS (SELECT FROM pg_stat_subscription w WHERE w.subid = s.oid AND w.relid IS NULL AND w.pid IS NOT NULL),
       ARRAY(SELECT r.srrelid::regclass::text FROM pg_subscription_rel r
              WHERE r.srsubid = s.oid AND r.srsubstate <> 'r' ORDER BY 1),
       (SELECT to_jsonb(t)::text FROM pg_stat_subscription_stats t WHERE t.subid = s.oid)
  FROM pg_subscription s
 WHERE s.subname = %s AND s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
FORGET_SKIPPED = """
SELECT pg_stat_reset_subscription_stats(t.subid)
  FROM pg_stat_subscription_stats t JOIN pg_subscription s ON s.oid = t.subid
 WHERE s.subname = %s AND s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND coalesce((to_jsonb(t)->>'confl_update_missing')::bigint, 0)
     + coalesce((to_jsonb(t)->>'confl_delete_missing')::bigint, 0) > 0
"""


def replication_status(published: Published | None = None) -> ReplicationStatus:
    """Asks both sides; given table to columns, also whether all of that is sent. Never raises for an outage."""
    of_primary, primary_problem = _asked(_ask_primary)
    of_replica, replica_problem = _asked(_ask_replica)
    asked: dict[str, Any] | None = None
    if of_primary and of_replica and of_replica["subscription"]:
        asked, _ = _asked(lambda: _ask_both(published))
    return ReplicationStatus(
        primary=Side(database_of(ANALYTICS), primary_problem),
        replica=Side(database_of(REPLICA), replica_problem),
        **(of_primary or {}),
        **(of_replica or {}),
        **(asked or {}),
    )


def forget_skipped() -> None:
    """After a comparison that found both sides equal: what was skipped has been put right."""
    rows(REPLICA, FORGET_SKIPPED, SUBSCRIPTION)


def _asked(ask: Callable[[], Any]) -> tuple[Any, str]:
    try:
        with guarded(), within(SIDE_LIMIT):
            return ask(), ""
    except DatabaseError as error:
        discard_broken_connections()
        return None, first_line(error)


def _ask_primary() -> dict[str, Any]:
    found: dict[str, Any] = {"primary_fenced": fenced(ANALYTICS), "primary_whole": is_whole(ANALYTICS)}
    with connections[ANALYTICS].cursor() as cursor:
        cursor.execute(SLOT, [settings.REPLICATION_SLOT])
        row = cursor.fetchone()
        if row is None:
            return found
        held = dict(zip((column.name for column in cursor.description), row, strict=True))
    applied = held.pop("applied")
    found["lag_bytes"] = held.pop("lag_bytes")
    slot = found["slot"] = Slot(**held)
    if not slot.lost and applied is not None:
        found["lag_seconds"] = seconds_behind(applied, PUBLICATION) if found["lag_bytes"] else 0.0
    return found


def _ask_replica() -> dict[str, Any]:
    subscription = _ask_subscription()
    whole = subscription is None and is_whole(REPLICA)
    # Fenced, it is a former primary that has not been made a replica yet.
    return {
        "subscription": subscription,
        "replica_whole": whole,
        "replica_promoted": whole and not fenced(REPLICA),
    }


def _ask_subscription() -> Subscription | None:
    found = rows(REPLICA, SUBSCRIBED, SUBSCRIPTION)
    if not found:
        return None
    enabled, running, not_copied, counts = found[0]
    counts = json.loads(counts or "{}")
    return Subscription(
        enabled=enabled,
        worker_running=running,
        not_copied=not_copied,
        apply_errors=counts.get("apply_error_count", 0),
        copy_errors=counts.get("sync_error_count", counts.get("sync_table_error_count", 0)),
        conflicts={kind: count for kind, count in counts.items() if kind.startswith("confl_") and count},
    )


def _ask_both(published: Published | None) -> dict[str, Any]:
    """The structure against what the publication sends, the publication against what it should send."""
    found = {"structure": tuple(structure.differences(sent()))}
    if published is not None:
        found["publication"] = tuple(publication.differences(published))
        found["indexes"] = tuple(structure.indexes_lacking(published))
    return found
