"""What is wrong with replication, and which command repairs it.

Entry point: `findings`. Failure: none; it judges a status that was asked before.
"""

from django.conf import settings

from streaming.stores.findings import START, Finding
from streaming.stores.replication.state import ReplicationStatus
from streaming.stores.units import counted

LEFT_SHARE_FOUND = 0.25  # of the cap
RESYNC = "manage.py replication resync"
SKIPPED = (
    "change met no row on the replica and was skipped",
    "changes met no row on the replica and were skipped",
)
INDEX_REPAIR = f"{RESYNC}; one that no migration makes, make on the replica by hand"
LOST = {
    "primary": f"{START}; where it is lost for good, see docs/operations/replication.md",
    "replica": f"{START}; where its data is lost, see docs/operations/replication.md",
}
SWAP_BACK = (
    "give ANALYTICS_DATABASE_URL and ANALYTICS_REPLICA_DATABASE_URL each other's value again, then manage.py "
    "replication promote to finish it, or manage.py replication promote --undo"
)
TWO_PRIMARIES = (
    "name the one promoted as ANALYTICS_DATABASE_URL, save what is wanted from the other, give it an empty database, "
    "then manage.py replication resync"
)


def findings(status: ReplicationStatus) -> list[Finding]:
    """What is wrong, the cause before its consequences."""
    if not status.primary_whole and status.replica_whole:
        return [
            Finding(
                "The variables name as the primary what is no primary yet, and as the replica the only whole copy.",
                SWAP_BACK,
            )
        ]
    if status.replica_promoted and not status.primary_fenced and not status.primary.problem:
        return [Finding("Both servers are primaries: a lost one has come back.", TWO_PRIMARIES)]
    if status.replica_promoted:
        return [
            Finding(
                "The replica has been promoted, and the variables still name it as the replica.",
                "manage.py replication promote, which says what to change",
            )
        ]
    found = _of_sides(status)
    if status.primary.problem:
        return found
    if status.subscription is None and not status.replica.problem:
        found.append(Finding("The replica is not subscribed: reads go to the primary.", RESYNC))
    found += [Finding(f"The {what}.", "manage.py replication setup") for what in status.publication]
    found += [Finding(f"The {what}.", RESYNC) for what in status.structure]
    found += [Finding(f"The {what}.", INDEX_REPAIR) for what in status.indexes]
    return found + _of_slot(status) + _of_subscription(status) + _of_lag(status)


def _of_sides(status: ReplicationStatus) -> list[Finding]:
    """A server that does not answer is to be started. That it may be lost is said only while the other one answers:
    with both away, nothing runs."""
    found = []
    both_away = bool(status.primary.problem and status.replica.problem)
    for name, side in (("primary", status.primary), ("replica", status.replica)):
        if side.problem:
            found.append(
                Finding(
                    f"The analytics {name} at {side.address} does not answer: {side.problem}.",
                    START if both_away else LOST[name],
                )
            )
    if status.primary_fenced:
        found.append(
            Finding(
                "The primary takes no writes: a promotion was begun and not finished.",
                "manage.py replication promote to finish it, or manage.py replication promote --undo",
            )
        )
    return found


def _of_slot(status: ReplicationStatus) -> list[Finding]:
    slot = status.slot
    if slot is None:
        missing = Finding(f"The primary has no slot {settings.REPLICATION_SLOT}.", RESYNC)
        return [missing] if status.subscription else []
    found = []
    if status.subscription is None and not status.replica.problem:
        found.append(Finding(f"Slot {settings.REPLICATION_SLOT} keeps WAL for nobody.", RESYNC))
    if slot.lost:
        reason = f" ({slot.invalidation_reason})" if slot.invalidation_reason else ""
        found.append(Finding(f"The slot is lost{reason}: WAL that the replica needs is gone.", RESYNC))
    elif slot.wal_status == "unreserved":
        found.append(
            Finding(
                "The slot holds more WAL than its cap, and is lost at the primary's next checkpoint.",
                "start the replica at once, then manage.py replication status",
            )
        )
    elif slot.left_bytes is not None and slot.left_bytes < LEFT_SHARE_FOUND * (slot.cap_bytes or 0):
        found.append(
            Finding(
                f"The slot is lost after {slot.left_bytes:,} more bytes of WAL.",
                "bring the replica back, or raise max_slot_wal_keep_size on the primary and reload it",
            )
        )
    if slot.cap_bytes is None:
        found.append(
            Finding(
                "Nothing caps the WAL kept for a dead replica: it would fill the primary's disk.",
                "on the primary: ALTER SYSTEM SET max_slot_wal_keep_size = '4GB'; SELECT pg_reload_conf()",
            )
        )
    return found


def _of_subscription(status: ReplicationStatus) -> list[Finding]:
    subscription, slot = status.subscription, status.slot
    if subscription is None or slot is None or slot.lost:
        return []  # said already, and the rest follows from it
    found = []
    # A lost connection counts as a failure too, and is over when the worker runs and keeps up.
    stuck = not subscription.worker_running or _lags(status)
    if not subscription.enabled:
        found.append(Finding("The subscription is disabled.", "manage.py replication setup"))
    elif stuck and subscription.stopped:
        conflicts = ", ".join(f"{kind} {count}" for kind, count in subscription.conflicts.items())
        found.append(
            Finding(
                f"The apply worker has failed {counted(subscription.apply_errors, 'time')}"
                f" ({conflicts}); the replica's log names the row.",
                RESYNC,
            )
        )
    elif not subscription.worker_running:
        found.append(
            Finding(
                "No apply worker runs; the replica's log says why.",
                "manage.py replication setup, then manage.py replication status; "
                "where the log names a row, manage.py replication resync",
            )
        )
    if subscription.not_copied:
        failed = f" (failed {counted(subscription.copy_errors, 'time')})" if subscription.copy_errors else ""
        found.append(
            Finding(
                f"The first copy of {', '.join(subscription.not_copied)} is not finished{failed}.",
                "wait for it, or manage.py replication resync where it fails",
            )
        )
    if subscription.skipped:
        found.append(
            Finding(
                f"{counted(subscription.skipped, *SKIPPED)}: it has diverged.",
                "manage.py replication check, which names the rows, then manage.py replication resync",
            )
        )
    return found


def _of_lag(status: ReplicationStatus) -> list[Finding]:
    if not _lags(status):
        return []
    return [
        Finding(
            f"The replica is {status.lag_seconds:,.0f} s behind.",
            "wait, and ask manage.py replication status again; where it grows, see to the replica server's load",
        )
    ]


def _lags(status: ReplicationStatus) -> bool:
    """Past what readers bear with."""
    return (status.lag_seconds or 0.0) > settings.REPLICA_LAG_LIMIT_SECONDS
