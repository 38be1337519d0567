"""How far the replica has come: what of the primary's WAL it has applied.

Entry points: `wait_until_applied`, `lag_bytes`. Failure: `django.db.Error`s; `ReplicaBehind` from waiting.
"""

import time

from django.conf import settings

from streaming.stores.aliases import ANALYTICS, REPLICA
from streaming.stores.statements import scalar

POLL_SECONDS = 0.02


class ReplicaBehind(TimeoutError):
    """The replica has not applied the primary's changes within the time given."""


def wait_until_applied(seconds: float) -> None:
    """Returns once the replica has applied all that is committed on the primary now. Raises `ReplicaBehind`."""
    target = scalar(ANALYTICS, "SELECT pg_current_wal_insert_lsn()")
    give_up_at = time.monotonic() + seconds
    while not _applied(str(target)):
        if time.monotonic() > give_up_at:
            raise ReplicaBehind(f"the replica has not applied {target} within {seconds:g} s")
        time.sleep(POLL_SECONDS)


def lag_bytes() -> int | None:
    """WAL of the primary that the replica has not applied; None while nobody applies any."""
    lag = scalar(
        ANALYTICS,
        """SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn)::bigint
             FROM pg_stat_replication r JOIN pg_replication_slots s ON s.active_pid = r.pid
            WHERE s.slot_name = %s""",
        settings.REPLICATION_SLOT,
    )
    return None if lag is None else max(0, lag)


def _applied(lsn: str) -> bool:
    """Every published table is past its first copy, and the apply worker has reported `lsn`."""
    copying = scalar(REPLICA, "SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'")
    if copying:
        return False
    return bool(
        scalar(
            ANALYTICS,
            """SELECT coalesce(bool_or(r.replay_lsn >= %s::pg_lsn), false)
                 FROM pg_stat_replication r JOIN pg_replication_slots s ON s.active_pid = r.pid
                WHERE s.slot_name = %s""",
            lsn,
            settings.REPLICATION_SLOT,
        )
    )
