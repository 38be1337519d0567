"""What `manage.py replication` shows: a status in words and as JSON, a comparison, what to type after a promotion.

Entry points: `lines` and `as_json` of a status, `comparison_lines`, `next_steps`. Failure: none.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.db import connections

from streaming.stores import units
from streaming.stores.addresses import database_of
from streaming.stores.aliases import ANALYTICS, REPLICA
from streaming.stores.findings import Finding
from streaming.stores.replication.checking import Comparison
from streaming.stores.replication.state import ReplicationStatus, Side, Slot, Subscription
from streaming.stores.units import counted

LOST_WITH_PRIMARY = (
    "Plays, user names and registration dates are kept; e-mail addresses, passwords, staff rights, groups, sessions, "
    "tokens and the admin's log never left the lost primary and are gone, so nobody can log in before a password is "
    "set or restored from a backup."
)


def as_json(status: ReplicationStatus, found: Sequence[Finding]) -> dict[str, Any]:
    return {**asdict(status), "findings": [asdict(finding) for finding in found]}


def lines(status: ReplicationStatus, found: Sequence[Finding]) -> list[str]:
    """Aligned: a name, its value; then what is wrong, each with its repair."""
    table = {
        "primary": _side(status.primary) + (", fenced: takes no writes" if status.primary_fenced else ""),
        "replica": _side(status.replica),
        "subscription": _subscription(status.subscription, asked=not status.replica.problem),
        "lag": f"{size(status.lag_bytes)}, {seconds(status.lag_seconds)}",
        **_slot(status.slot, asked=not status.primary.problem),
        **_counts(status.subscription),
    }
    width = max(map(len, table))
    return [
        *(f"{name:{width}}  {value}" for name, value in table.items()),
        "",
        *(line for finding in found for line in (f"✗ {finding.what}", f"    → {finding.repair}")),
        *([] if found else ["replication is sound"]),
    ]


def size(count: int | None) -> str:
    return "not known" if count is None else units.size(count)


def seconds(count: float | None) -> str:
    return "not known in seconds" if count is None else f"{count:,.1f} s"


def _url(alias: str) -> str:
    return f"postgresql://{connections[alias].settings_dict['USER']}@{database_of(alias)}"


def _side(side: Side) -> str:
    return f"{side.address}  {side.problem or 'answers'}"


def _subscription(subscription: Subscription | None, *, asked: bool) -> str:
    if not asked:
        return "not known"
    if subscription is None:
        return "none"
    copied = (
        f", first copy under way: {', '.join(subscription.not_copied)}" if subscription.not_copied else ""
    )
    enabled = "enabled" if subscription.enabled else "disabled"
    return f"{enabled}, apply worker {'running' if subscription.worker_running else 'not running'}{copied}"


def _slot(slot: Slot | None, *, asked: bool) -> dict[str, str]:
    if slot is None:
        return {"slot": "none" if asked else "not known"}
    state = f"{'active' if slot.active else 'not active'}, WAL {slot.wal_status}"
    if slot.invalidation_reason:
        state += f" ({slot.invalidation_reason})"
    if not slot.active and slot.inactive_seconds is not None:
        state += f", nobody connected for {slot.inactive_seconds:,.0f} s"
    cap = "no cap" if slot.cap_bytes is None else f"cap {size(slot.cap_bytes)}"
    left = "" if slot.left_bytes is None else f", {size(slot.left_bytes)} left"
    return {"slot": state, "WAL kept": f"{size(slot.retained_bytes)}, {cap}{left}"}


def _counts(subscription: Subscription | None) -> dict[str, str]:
    if subscription is None:
        return {}
    conflicts = ", ".join(
        f"{kind.removeprefix('confl_').replace('_', ' ')} {count}"
        for kind, count in subscription.conflicts.items()
    )
    return {
        "errors": f"apply {subscription.apply_errors}, copy {subscription.copy_errors}",
        "conflicts": conflicts or "none counted",
    }


def comparison_lines(found: Comparison) -> list[str]:
    """What differs, then the figures."""
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in found.counts.items())
    named = [str(difference) for difference in found.differences]
    more = sum(found.counts.values()) - len(named)
    return [
        *(f"✗ {what}" for what in found.structure),
        *(f"✗ {what}" for what in named),
        *([f"  … and {counted(more, 'row')} more"] if more else []),
        *(
            [f"✗ {counted(found.unsettled, 'row')} changed all the while: run it again for them"]
            if found.unsettled
            else []
        ),
        f"compared {counted(found.rows, 'row')} in {counted(found.ranges, 'range')}: {kinds}",
    ]


def next_steps(*, primary_lost: bool) -> list[str]:
    """What the operator changes and types after a promotion."""
    now, before = _url(REPLICA), _url(ANALYTICS)
    there = (
        "an empty database on another server"
        if primary_lost
        else f"{before}, the old primary, or an empty one"
    )
    return [
        "",
        "Now change the variables of every process, and start them again:",
        f"    ANALYTICS_DATABASE_URL          → {now}",
        "    ANALYTICS_DATABASE_PASSWORD     → that of ANALYTICS_REPLICA_DATABASE_PASSWORD",
        f"    ANALYTICS_REPLICA_DATABASE_URL  → {there}",
        "    ANALYTICS_REPLICA_DATABASE_PASSWORD → that server's",
        "then, with them:",
        "    manage.py replication resync    makes the other server the replica",
        *(["    manage.py createsuperuser       the first who can log in"] if primary_lost else []),
        "    manage.py replication status",
    ]
