"""Watches a distribution from a thread and a session of its own: how long others wait, how far the copy has come.

A wait is that of a client's session for a lock, seen on the coordinator every `SAMPLE_SECONDS`, so a shorter one
may go unseen and a longer one shows up to so much shorter. Sessions of Citus itself and the gate's do not count.

Entry points: `watching`. Failure: sampling ends with a `django.db.Error` and `Watch.blind` says so; the work
that is watched goes on.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db import Error, connections

from streaming.stores.aliases import CATALOG
from streaming.stores.citus import gate
from streaming.stores.citus.progress import Progress
from streaming.stores.deadline import within
from streaming.stores.statements import scalar

SAMPLE_SECONDS = 0.02
COPY_SECONDS = 0.5
COPIED_LIMIT = timedelta(seconds=10)  # under `guarded`: of Citus itself a frozen worker has no end
SECONDS_TO_END = 1.0  # a question to the nodes that is still open then ends with the process
WAIT = """
SELECT extract(epoch FROM max(clock_timestamp() - l.waitstart))::float8
  FROM pg_locks l JOIN pg_stat_activity a USING (pid)
 WHERE NOT l.granted AND l.pid <> %s::int AND a.backend_type = 'client backend'
   AND a.datname = current_database() AND a.application_name NOT LIKE 'citus\\_%%'
   AND a.application_name <> %s
"""
# A copy to many shards is as many COPYs at once, each reporting on the node that takes it.
COPIED = """
SELECT coalesce(sum(result::bigint), 0)::bigint FROM run_command_on_all_nodes($$
    SELECT coalesce(sum(tuples_processed), 0) FROM pg_stat_progress_copy WHERE datname = current_database() $$)
 WHERE success
"""


@dataclass
class Watch:
    """`longest_wait` in seconds, so far; `blind` once sampling has failed."""

    longest_wait: float = 0.0
    blind: bool = False

    def line(self) -> str:
        blind = " until sampling failed" if self.blind else ""
        return f"longest wait of a writer: {self.longest_wait:.2f} s{blind}"


@contextmanager
def watching(progress: Progress) -> Iterator[Watch]:
    """`progress` is told, on the thread, of the rows of the present table that are there."""
    watch = Watch()
    done = threading.Event()
    ours = str(scalar(CATALOG, "SELECT pg_backend_pid()"))
    thread = threading.Thread(target=_sample, args=(watch, done, ours, progress), daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        done.set()
        thread.join(SECONDS_TO_END)


def _sample(watch: Watch, done: threading.Event, ours: str, progress: Progress) -> None:
    next_copy = 0.0
    try:
        while not done.wait(SAMPLE_SECONDS):
            watch.longest_wait = max(watch.longest_wait, scalar(CATALOG, WAIT, ours, gate.SESSION) or 0.0)
            if progress.copying() and time.monotonic() > next_copy:
                with within(COPIED_LIMIT):
                    progress.copied(int(scalar(CATALOG, COPIED)))
                next_copy = time.monotonic() + COPY_SECONDS
    except Error:
        watch.blind = True
    finally:
        connections[CATALOG].close()
