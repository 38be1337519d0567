"""How old the replica's picture of the primary is, by proof: what the primary had written, and when, and whether
the replica has applied it since.

`pg_stat_replication.replay_lag` is not it: it does not grow while the apply worker is stuck. A `Lag` is fed samples
of the primary's WAL position and the replica's applied position, and keeps the few samples that are not proven.
It touches no store.
"""

from collections import deque
from dataclasses import dataclass, field

SAMPLES_PER_SECOND = 4  # kept at most; a busy process has more
OUT_OF_ORDER_SECONDS = 1  # two threads' samples may arrive crosswise


@dataclass
class Lag:
    """Times are seconds on the monotonic clock, positions bytes of WAL. Not safe for threads."""

    proven_at: float | None = None
    sampled_at: float = 0.0
    unproven: deque[tuple[int, float]] = field(default_factory=deque)

    def sample(self, lsn: int, *, at: float) -> None:
        """The primary had written `lsn` at `at`. A position that falls back is another server's: all is proved anew."""
        self.sampled_at = max(self.sampled_at, at)
        newest, taken = self.unproven[-1] if self.unproven else (-1, at - OUT_OF_ORDER_SECONDS)
        if lsn < newest and at - taken > OUT_OF_ORDER_SECONDS:
            self.unproven.clear()
            self.proven_at = None
        if lsn > newest and at - taken < 1 / SAMPLES_PER_SECOND:
            return
        if not self.unproven or lsn > newest:
            self.unproven.append((lsn, at))

    def prove(self, applied: int) -> None:
        """The replica has applied all up to `applied`."""
        while self.unproven and self.unproven[0][0] <= applied:
            self.proven_at = self.unproven.popleft()[1]

    def within(self, seconds: float) -> bool:
        """Whether the replica has what the primary had `seconds` before the last sample.

        As of the last sample, not of now: from a primary that is away nothing new can be missed.
        """
        oldest = self.sampled_at - seconds
        while self.unproven and self.unproven[0][1] < oldest:
            self.unproven.popleft()  # proving it would prove too little
        return self.proven_at is not None and self.proven_at >= oldest
