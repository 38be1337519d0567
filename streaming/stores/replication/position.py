"""How far the replica has come by what it has told the primary: what of the primary's WAL it has applied.

`APPLIED` of `SLOTS` is that position in SQL: what the connected apply worker has reported, else what the slot keeps.
What the replica itself shows its readers at this moment, `applied` says.

Entry points: `wait_until_applied`, `lag_bytes`. Failure: `django.db.Error`s; `ReplicaBehind` from waiting.
"""

import time
from datetime import timedelta

from django.conf import settings

from streaming.stores.aliases import ANALYTICS, REPLICA
from streaming.stores.deadline import guarded, within
from streaming.stores.refusal import Failed
from streaming.stores.statements import scalar

POLL_SECONDS = 0.02
SECONDS_TO_ANSWER = 5.0  # for the servers, beyond the time that the replica is given

SLOTS = "pg_replication_slots s LEFT JOIN pg_stat_replication r ON r.pid = s.active_pid"
APPLIED = "coalesce(r.replay_lsn, s.confirmed_flush_lsn)"
BEHIND = f"greatest(0, pg_wal_lsn_diff(pg_current_wal_lsn(), {APPLIED}))::bigint"


class ReplicaBehind(Failed):
    """The replica has not applied the primary's changes within the time given."""


def wait_until_applied(seconds: float) -> None:
    """Returns once the replica has applied all that is committed on the primary now. Raises `ReplicaBehind`.

    A server that says nothing meanwhile, a frozen one, is an `OperationalError`.
    """
    give_up_at = time.monotonic() + seconds
    with guarded(SECONDS_TO_ANSWER), within(timedelta(seconds=seconds + SECONDS_TO_ANSWER)):
        target = str(scalar(ANALYTICS, "SELECT pg_current_wal_insert_lsn()"))
        while not _applied(target):
            if time.monotonic() > give_up_at:
                raise ReplicaBehind(f"the replica has not applied {target} within {seconds:g} s")
            time.sleep(POLL_SECONDS)


def lag_bytes() -> int | None:
    """WAL of the primary that the replica has not applied; None without a slot."""
    query = f"SELECT {BEHIND} FROM {SLOTS} WHERE s.slot_name = %s"  # noqa: S608  # constants
    return scalar(ANALYTICS, query, settings.REPLICATION_SLOT)


def _applied(lsn: str) -> bool:
    """Every published table is past its first copy, and the apply worker has reported `lsn`."""
    if not scalar(REPLICA, "SELECT bool_and(srsubstate = 'r') FROM pg_subscription_rel"):
        return False
    query = f"SELECT {APPLIED} >= %s::pg_lsn FROM {SLOTS} WHERE s.slot_name = %s"  # noqa: S608  # constants
    return bool(scalar(ANALYTICS, query, lsn, settings.REPLICATION_SLOT))
