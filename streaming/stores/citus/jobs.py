"""Citus' background job that moves shards: start it, watch it, stop it, tidy up behind it.

The job runs in the coordinator's database, not in a command: a command that ends, however it does, leaves it
running, and the next one finds it again. There is one at a time. A move that failed is tried again by Citus,
after 5 s, 20 s and then every minute for half an hour; the job has failed only after that.

Entry points: `start`, `running`, `last`, `watch`, `cancel`, `tidy`. Failure: `Failed`;
`django.db.Error`s.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from django.db import Error, OperationalError
from psycopg2 import sql

from streaming.stores.aliases import CATALOG
from streaming.stores.refusal import Failed
from streaming.stores.statements import rows, run, scalar
from streaming.stores.units import size

POLL_SECONDS = 0.5
TRIES_WATCHED = 2
PROGRESS_SECONDS = 3
TIDY_SECONDS = 5.0
TIDY = sql.SQL("CALL citus_cleanup_orphaned_resources()")
ENDED = ("finished", "cancelled", "failed")

JOB = """
SELECT j.job_id, j.state::text,
       count(t.*) FILTER (WHERE t.status = 'done'), count(t.*), coalesce(max(t.retry_count), 0),
       coalesce((array_agg(t.message ORDER BY t.retry_count DESC)
                 FILTER (WHERE t.retry_count > 0 AND t.status <> 'done'))[1], '')
  FROM pg_dist_background_job j LEFT JOIN pg_dist_background_task t USING (job_id)
 WHERE j.job_type = 'rebalance' GROUP BY j.job_id ORDER BY j.job_id DESC LIMIT 1
"""
PROGRESS = """
SELECT sourcename || ':' || sourceport || ' > ' || targetname || ':' || targetport, min(status),
       coalesce(sum(target_shard_size), 0)::bigint, coalesce(sum(source_shard_size), 0)::bigint
  FROM get_rebalance_progress() WHERE progress = 1 GROUP BY 1
"""


@dataclass(frozen=True)
class Job:
    """`moves` of a group of colocated shards each; `failure` is what the last failed one said, "" without."""

    id: int
    state: str
    done: int
    moves: int
    tries: int
    message: str

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def failure(self) -> str:
        """The first line of the error: behind it come context and hints."""
        errors = (line for line in self.message.splitlines() if line.startswith("ERROR:"))
        return next(errors, self.message.strip().partition("\n")[0]).removeprefix("ERROR:").strip()


def last() -> Job | None:
    """The newest job, whatever became of it."""
    found = rows(CATALOG, JOB)
    return Job(*found[0]) if found else None


def running() -> Job | None:
    job = last()
    return None if job is None or job.ended else job


def start(*, drain_only: bool = False) -> Job | None:
    """Plans the moves and has them done; None when there are none to do.

    Where another command started one in the same moment, that one is the answer.
    """
    tidy()
    try:
        scalar(CATALOG, "SELECT citus_rebalance_start(drain_only => %s::boolean)", str(drain_only))
    except OperationalError:
        if (job := running()) is None:
            raise
        return job
    return running()


def watch(job: Job) -> Iterator[tuple[Job, str]]:
    """The job as it is, about twice a second until it has ended, and what is under way in words ("" for nothing).

    Raises `Failed` when the job has failed, or when a move has failed so often that the cause is hardly passing.
    """
    with _limited():
        while not job.ended:
            yield job, _under_way()
            if job.state != "cancelling" and job.tries >= TRIES_WATCHED:
                raise Failed(
                    f"A shard could not be moved {job.tries} times: {job.failure}. Citus goes on trying; "
                    "`manage.py workers rebalance --stop` ends that."
                )
            time.sleep(POLL_SECONDS)
            job = last() or job
    yield job, ""
    if job.state != "finished":
        tidy()
    if job.state == "failed":
        raise Failed(f"The shards were not moved: {job.failure}.")


@contextmanager
def _limited() -> Iterator[None]:
    """Gives each statement of the session `PROGRESS_SECONDS`; later ones, as `tidy`'s, may take longer again."""
    run(CATALOG, sql.SQL("SET statement_timeout = {}").format(sql.Literal(PROGRESS_SECONDS * 1000)))
    try:
        yield
    finally:
        with suppress(Error):  # without the session there is no limit either, and its own error is the cause
            run(CATALOG, sql.SQL("RESET statement_timeout"))


def _under_way() -> str:
    """Citus asks both nodes of a move for sizes, so this fails while one of them is silent."""
    try:
        moves = rows(CATALOG, PROGRESS)
    except OperationalError:
        return "no word from the nodes"
    return "; ".join(
        f"{way}: {phase} ({size(there)} of {size(all_of_it)})" for way, phase, there, all_of_it in moves
    )


def cancel(job: Job) -> None:
    """Asks the job to end; the move under way is rolled back."""
    scalar(CATALOG, "SELECT citus_job_cancel(%s::bigint)::text", str(job.id))


def tidy() -> None:
    """Drops what moves that failed or were stopped left on the nodes: half-copied shards, slots, publications.

    A job counts as ended a moment before its last move has let go of these, so it is tried for `TIDY_SECONDS`;
    what is left then, say of a node that is down, Citus itself drops later.
    """
    give_up_at = time.monotonic() + TIDY_SECONDS
    run(CATALOG, TIDY)
    while scalar(CATALOG, "SELECT count(*) FROM pg_dist_cleanup") and time.monotonic() < give_up_at:
        time.sleep(POLL_SECONDS)
        run(CATALOG, TIDY)
