"""Viewers who write and read their own history while the replica lags: how many reads miss the own play.

Run on stores of its own that are set up: `python -m dev --instance bench exec -- python -m bench.read_your_writes`.
Plays are written by threads of this process and read by processes of their own, as by other workers of a web server;
both through the services that the API calls. The lag is real: a lock on the replica holds its apply worker up.
Prints Markdown: reads, stale ones, and what served them, by the product's own counter. Ends with code 1 when a read
was stale, or when less than 95 % were served by a replica that had caught up.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from threading import Lock
from uuid import UUID, uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streaming.settings")
django.setup()

from django.db import connections  # noqa: E402  # models need the setup above
from prometheus_client import REGISTRY  # noqa: E402

from analytics.models import User  # noqa: E402
from analytics.selectors import plays_page  # noqa: E402
from analytics.services import play_record  # noqa: E402
from bench.machine import provenance  # noqa: E402
from streaming.stores.aliases import REPLICA  # noqa: E402
from streaming.stores.replication.position import wait_until_applied  # noqa: E402

ENOUGH_BY_REPLICA = 0.95
Served = dict[str, float]


@dataclass
class Phase:
    """What the readers saw. `served` is each reader process's own count at its last read."""

    reads: int = 0
    stale: int = 0
    slowest: float = 0.0
    served: dict[int, Served] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def add(self, seen: bool, seconds: float, reader: int, served: Served) -> None:
        with self.lock:
            self.reads += 1
            self.stale += not seen
            self.slowest = max(self.slowest, seconds)
            self.served[reader] = served


def main() -> int:
    options = _options()
    viewers = [
        user.user_id
        for user in User.objects.bulk_create(
            User(username=f"bench-{uuid4().hex}") for _ in range(options.viewers)
        )
    ]
    wait_until_applied(60)
    print(f"{provenance()}; {options.viewers:,} viewers, {options.threads} writing threads, ", end="")
    print(f"{options.readers} reading processes\n")
    print("| phase | reads | stale | by the replica | why by the primary | slowest ms |")
    print("|---|---:|---:|---:|---|---:|")
    with (
        ProcessPoolExecutor(options.readers, get_context("spawn")) as readers,
        ThreadPoolExecutor(options.threads) as writers,
    ):
        crew = Crew(readers, writers, viewers)
        crew.run(crew.read, seconds=0)  # connections, and a first proof that the replica is there
        phases = {"written and read at once": crew.run(crew.write_and_read, seconds=options.seconds)}
        with stuck():
            name = f"the same, the replica {options.seconds} s behind"
            phases[name] = crew.run(crew.write_and_read, seconds=options.seconds)
        phases["the same, while it catches up"] = crew.run(crew.write_and_read, seconds=0)
        wait_until_applied(120)
        phases["read, the replica has caught up"] = caught_up = crew.run(crew.read, seconds=options.seconds)
        crew.close()
    shares = {name: _row(name, phase, before) for name, phase, before in crew.finished(phases)}
    stale = sum(phase.stale for phase in phases.values())
    enough = shares["read, the replica has caught up"] > ENOUGH_BY_REPLICA and caught_up.reads > 0
    return 0 if enough and not stale else 1


class Crew:
    """The writing threads, the reading processes and the viewers they play."""

    def __init__(
        self, readers: ProcessPoolExecutor, writers: ThreadPoolExecutor, viewers: list[UUID]
    ) -> None:
        self.readers, self.writers, self.viewers = readers, writers, viewers
        self.last: dict[UUID, UUID] = {}
        self.counts: dict[int, dict[int, Served]] = {}
        self.seen: dict[int, Served] = {}

    def run(self, act: Callable[[UUID, Phase], None], *, seconds: float) -> Phase:
        """Each viewer acts once, and all again until the time is over."""
        phase = Phase()
        self.counts[id(phase)] = dict(self.seen)
        end = time.monotonic() + seconds
        while phase.reads == 0 or time.monotonic() < end:
            list(self.writers.map(lambda viewer: act(viewer, phase), self.viewers))
        self.seen |= phase.served
        return phase

    def write_and_read(self, viewer: UUID, phase: Phase) -> None:
        content = uuid4()
        play_record(
            user_id=viewer,
            content_id=content,
            event_id=uuid4(),
            watched_at=datetime.now(UTC),
            duration_watched_seconds=60,
            last_position_seconds=60,
        )
        self.last[viewer] = content
        self.read(viewer, phase)

    def read(self, viewer: UUID, phase: Phase) -> None:
        phase.add(*self.readers.submit(read_own, viewer, self.last.get(viewer)).result())

    def close(self) -> None:
        list(self.writers.map(lambda _: connections.close_all(), range(64)))

    def finished(self, phases: dict[str, Phase]) -> Iterator[tuple[str, Phase, dict[int, Served]]]:
        return ((name, phase, self.counts[id(phase)]) for name, phase in phases.items())


def read_own(viewer: UUID, content: UUID | None) -> tuple[bool, float, int, Served]:
    """In a reading process: whether the newest plays show `content`, and this process's counts."""
    started = time.perf_counter()
    page = plays_page(user_id=viewer, after=None, limit=10)
    seconds = time.perf_counter() - started
    seen = content is None or page[0]["content_id"] == content
    return seen, seconds, os.getpid(), _served()


def _served() -> Served:
    return {
        sample.labels["reason"]: sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == "streaming_history_reads_total" and sample.labels["page"] == "history"
    }


@contextmanager
def stuck() -> Iterator[None]:
    """The apply worker waits for a lock while the block runs; reads of the replica go on."""
    with closing(connections[REPLICA].copy()) as other, other.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE users, user_watch_history IN EXCLUSIVE MODE")
        yield
        cursor.execute("ROLLBACK")


def _row(name: str, phase: Phase, before: dict[int, Served]) -> float:
    """Prints the phase; the share of its reads that the replica served."""
    reasons: Counter[str] = Counter()
    for reader, served in phase.served.items():
        reasons.update(served)
        reasons.subtract(before.get(reader, {}))
    total = reasons.total() or 1
    share = reasons.pop("caught_up", 0) / total
    why = ", ".join(f"{reason} {count:,.0f}" for reason, count in sorted(reasons.items()) if count)
    print(
        f"| {name} | {phase.reads:,} | {phase.stale} | {share:.1%} | {why or '–'} | {phase.slowest * 1000:.0f} |"
    )
    return share


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10, help="How long the replica stands still.")
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--readers", type=int, default=4)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
