"""The shape of what `status` finds out about replication: plain values, None where a side could not be asked.

Failure: none; nothing is asked here.
"""

from dataclasses import dataclass

# Conflicts at which the apply worker goes on, so that the rows differ from then on.
SKIPPED = ("confl_update_missing", "confl_delete_missing")
# Those at which it stops, and fails again at the same row. PostgreSQL below 18 counts none.
STOPPING = ("confl_insert_exists", "confl_update_exists", "confl_multiple_unique_conflicts")


@dataclass(frozen=True)
class Side:
    """A server of the pair. `problem` is empty when it answered."""

    address: str
    problem: str = ""


@dataclass(frozen=True)
class Slot:
    """The replication slot on the primary. `cap_bytes` None: no cap; `left_bytes` None: no cap, or lost."""

    active: bool
    wal_status: str | None
    invalidation_reason: str | None
    inactive_seconds: float | None
    retained_bytes: int | None
    cap_bytes: int | None
    left_bytes: int | None

    @property
    def lost(self) -> bool:
        return self.wal_status == "lost"


@dataclass(frozen=True)
class Subscription:
    """The subscription on the replica. `not_copied` names tables whose first copy is not finished."""

    enabled: bool
    worker_running: bool
    not_copied: list[str]
    apply_errors: int
    copy_errors: int
    conflicts: dict[str, int]

    @property
    def skipped(self) -> int:
        return sum(count for kind, count in self.conflicts.items() if kind in SKIPPED)

    @property
    def stopped(self) -> int:
        return sum(count for kind, count in self.conflicts.items() if kind in STOPPING)


@dataclass(frozen=True)
class ReplicationStatus:
    """None: not there, or its side could not be asked (then that side has a `problem`).

    A side is `whole` when it has the tables that never leave a primary.
    """

    primary: Side
    replica: Side
    slot: Slot | None = None
    subscription: Subscription | None = None
    lag_bytes: int | None = None
    lag_seconds: float | None = None
    primary_fenced: bool = False
    primary_whole: bool = True
    replica_whole: bool = False
    replica_promoted: bool = False
    structure: tuple[str, ...] = ()
    publication: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
