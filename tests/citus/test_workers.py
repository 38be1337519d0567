"""`manage.py workers` on a real cluster: coordinator, two workers, and a spare server that nobody has joined."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
import pytest

from dev import citus, faults, lifecycle
from dev.instance import State
from streaming.stores.citus import placement
from tests import served as platforms
from tests.environment import WORKER
from tests.served import ROOT, Platform, until

SHARDS = 8
PACE_SECONDS = 0.005  # a reader and a writer that never rest would leave no processor to the rest
TABLES = len(placement.distributed_tables())  # each shard number of the titles is a group of that many shards
ALL = SHARDS * (TABLES + len(placement.spread_tables()))
READ = """SELECT count(*) FROM content_metadata LEFT JOIN content_cast_crew USING (content_id)
           WHERE content_id = %s"""

pytestmark = [
    pytest.mark.citus,
    pytest.mark.slow,
    pytest.mark.skipif(
        citus.find(None) is None, reason="no PostgreSQL installation with the citus extension is found"
    ),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Platform]:
    running = platforms.start(f"workers-{WORKER or 'alone'}", size=citus.Size(workers=2, spares=1))
    try:
        running.manage("distribute", "--shards", str(SHARDS))
        yield running
    finally:
        running.close()


def workers(cluster: Platform, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as an operator runs it, to its end."""
    with started(cluster, *arguments) as command:
        out, err = command.communicate(timeout=120)
    return subprocess.CompletedProcess(arguments, command.returncode, out, err)


def started(cluster: Platform, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "manage.py", "workers", *arguments],
        env=cluster.variables,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def address(cluster: Platform, store: str) -> str:
    state = State.load(cluster.instance)
    assert state is not None
    return f"127.0.0.1:{state.ports[store]}"


def connected(cluster: Platform) -> Any:
    connection = psycopg2.connect(
        cluster.variables["CATALOG_DATABASE_URL"], password=cluster.variables["CATALOG_DATABASE_PASSWORD"]
    )
    connection.autocommit = True
    return closing(connection)


def rows(cluster: Platform, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    with connected(cluster) as connection, connection.cursor() as cursor:
        cursor.execute(query, parameters or None)
        return list(cursor.fetchall()) if cursor.description else []


def shards(cluster: Platform) -> dict[str, int]:
    """Shards of distributed tables by node, the coordinator left out."""
    listed = json.loads(workers(cluster, "list", "--json").stdout)["nodes"]
    return {node["address"]: node["shards"] for node in listed if node["role"] == "worker"}


def job_state(cluster: Platform) -> str | None:
    found = rows(cluster, "SELECT state::text FROM pg_dist_background_job ORDER BY job_id DESC LIMIT 1")
    return found[0][0] if found else None


def watched(cluster: Platform) -> bool:
    """Whether a session looks at the progress of a job that runs."""
    seen = rows(
        cluster,
        """SELECT pid FROM pg_stat_activity
            WHERE query LIKE '%get_rebalance_progress()%' AND pid <> pg_backend_pid()""",
    )
    return bool(seen) and job_state(cluster) == "running"


@contextmanager
def moves_held_up(cluster: Platform) -> Iterator[None]:
    """An open transaction on every node: the copy of a shard starts when those that were before it have ended."""
    with connected(cluster) as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("INSERT INTO genres (name) VALUES ('held')")
        yield
        cursor.execute("ROLLBACK")


class Traffic:
    """What a reader and a writer met while it was going on."""

    def __init__(self, cluster: Platform) -> None:
        self.failures: list[str] = []
        self.reads = 0
        self.written = 0
        self._cluster = cluster
        self._stop = threading.Event()

    def _each(self, statement: str, *, writes: bool) -> None:
        ids = self._cluster.content_ids
        with connected(self._cluster) as connection, connection.cursor() as cursor:
            while not self._stop.wait(PACE_SECONDS):
                count = self.written if writes else self.reads
                try:
                    cursor.execute(statement, [ids[count % len(ids)]])
                except psycopg2.Error as error:
                    self.failures.append(str(error))
                    return
                if writes:
                    self.written += 1
                else:
                    self.reads += 1

    @contextmanager
    def going_on(self) -> Iterator["Traffic"]:
        write = "UPDATE content_metadata SET duration_minutes = duration_minutes + 1 WHERE content_id = %s"
        threads = [
            threading.Thread(target=self._each, args=(READ,), kwargs={"writes": False}),
            threading.Thread(target=self._each, args=(write,), kwargs={"writes": True}),
        ]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()


def test_the_list_shows_what_lies_on_each_node_and_whether_it_answers(cluster: Platform) -> None:
    listed = workers(cluster, "list")

    heading, *lines = listed.stdout.splitlines()
    assert heading.split("  ")[0] == "address"
    assert heading.endswith("rows (estimated)  takes shards  answers")
    cells = [line.split() for line in lines]
    assert [cell[:3] for cell in cells] == [
        [address(cluster, "catalog"), "coordinator", "0"],
        [address(cluster, "worker1"), "worker", str(ALL // 2)],
        [address(cluster, "worker2"), "worker", str(ALL // 2)],
    ]
    assert [cell[-2:] for cell in cells] == [["no", "yes"], ["yes", "yes"], ["yes", "yes"]]


def test_a_frozen_node_is_named_within_seconds(cluster: Platform) -> None:
    """Citus' own views ask every node for sizes, and wait for a frozen one without end."""
    faults.freeze(cluster.instance, "worker2")
    try:
        began = time.monotonic()
        listed = workers(cluster, "list", "--json")
        took = time.monotonic() - began
        refused = workers(cluster, "rebalance")
    finally:
        faults.thaw(cluster.instance, "worker2")

    told = json.loads(listed.stdout)
    frozen = address(cluster, "worker2")
    assert took < 15  # most of it is the start of a process on a busy machine
    assert [(node["address"], node["answers"]) for node in told["nodes"] if not node["answers"]] == [
        (frozen, False)
    ]
    assert {node["size_bytes"] is None for node in told["nodes"] if node["answers"]} == {False}
    assert told["findings"] == [
        {
            "what": f"worker {frozen} does not answer (no answer in time)",
            "repair": "start its server, then manage.py workers list",
        }
    ]
    assert refused.returncode == 2
    assert (
        refused.stderr
        == f"CommandError: The worker {frozen} does not answer (no answer in time): start it first.\n"
    )


def test_a_wrong_address_is_one_sentence(cluster: Platform) -> None:
    at = {
        store: address(cluster, store) for store in ("analytics", "catalog", "worker1", "worker2", "worker3")
    }
    alias = at["worker1"].replace("127.0.0.1", "localhost")
    silent = "does not answer the catalog's login"
    sentences = {
        ("add", "worker3"): "'worker3' is no address of the form HOST:PORT.",
        ("add", "127.0.0.1:1"): f"127.0.0.1:1 {silent}: Connection refused.",
        (
            "add",
            at["analytics"],
        ): f'{at["analytics"]} {silent}: password authentication failed for user "streaming".',
        ("add", at["catalog"]): f"{at['catalog']} cannot become a worker: it is the coordinator itself.",
        ("add", alias): f"{alias} is the worker {at['worker1']} by another name.",
        ("drain", at["worker3"]): (
            f"{at['worker3']} is no node: the nodes are {at['catalog']}, {at['worker1']}, {at['worker2']}."
        ),
    }

    commands = {arguments: started(cluster, *arguments) for arguments in sentences}
    told = {arguments: command.communicate(timeout=120)[1] for arguments, command in commands.items()}

    assert told == {arguments: f"CommandError: {sentence}\n" for arguments, sentence in sentences.items()}
    assert {command.returncode for command in commands.values()} == {2}


def test_the_last_node_that_takes_shards_is_not_drained(cluster: Platform) -> None:
    set_taking = "SELECT citus_set_node_property('127.0.0.1', %s, 'shouldhaveshards', %s)"
    other = int(address(cluster, "worker2").partition(":")[2])
    rows(cluster, set_taking, other, False)
    try:
        refused = workers(cluster, "drain", address(cluster, "worker1"))
        drained = workers(cluster, "list")
    finally:
        rows(cluster, set_taking, other, True)

    assert (refused.returncode, refused.stderr) == (
        2,
        f"CommandError: {address(cluster, 'worker1')} is the last node that takes shards: add another one first.\n",
    )
    assert drained.stdout.splitlines()[-1] == (
        f"worker 127.0.0.1:{other} is drained and still has {ALL // 2} shards"
        f" — manage.py workers drain 127.0.0.1:{other}"
    )


def test_a_spare_takes_shards_and_gives_them_back_under_reads_and_writes(cluster: Platform) -> None:
    """A command that was killed used to mean a second job, or none that anybody watched."""
    spare = address(cluster, "worker3")
    rows(cluster, "UPDATE content_metadata SET duration_minutes = 1")

    with Traffic(cluster).going_on() as traffic:
        added = workers(cluster, "add", spare)
        with moves_held_up(cluster):
            killed = started(cluster, "rebalance")
            until(lambda: watched(cluster), "the job runs and is watched", seconds=60)
            os.kill(killed.pid, signal.SIGKILL)
            killed.communicate()
            until(lambda: not watched(cluster), "nobody watches the job", seconds=60)
            told = started(cluster, "rebalance")
            until(lambda: watched(cluster), "the second command watches the job", seconds=60)
            told.send_signal(signal.SIGTERM)
            _, said = told.communicate(timeout=120)
        balanced = workers(cluster, "rebalance")
        full = shards(cluster)
        drained = workers(cluster, "drain", spare)
        empty = shards(cluster)

    assert added.stdout == (
        f"{spare}: database metadata_db made; extension citus made; joined as a worker.\n"
        "`manage.py workers rebalance` moves shards there.\n"
    )
    assert (told.returncode, said) == (
        130,
        "CommandError: Interrupted. A job that moves shards goes on in the database: "
        "the same command again watches it.\n",
    )
    assert balanced.returncode == 0, balanced.stderr
    assert full[spare] >= TABLES
    assert (drained.returncode, drained.stdout.splitlines()[-1]) == (0, f"{spare} has no shards."), (
        drained.stderr
    )
    assert empty[spare] == 0
    assert sum(full.values()) == sum(empty.values()) == ALL
    assert rows(cluster, "SELECT count(*) FROM pg_dist_background_job") == [(2,)]
    assert traffic.failures == []
    assert traffic.reads > 100
    assert rows(cluster, "SELECT sum(duration_minutes - 1) FROM content_metadata") == [(traffic.written,)]


def test_a_drained_node_is_added_again_and_an_empty_one_removed(cluster: Platform) -> None:
    spare = address(cluster, "worker3")
    workers(cluster, "add", spare)
    rows(
        cluster,
        f"SELECT citus_set_node_property('127.0.0.1', {spare.partition(':')[2]}, 'shouldhaveshards', false)",
    )

    again = workers(cluster, "add", spare)
    removed = workers(cluster, "drain", spare, "--remove")
    after = shards(cluster)
    joined = workers(cluster, "add", spare)

    assert again.stdout.splitlines()[0] == f"{spare}: takes shards again."
    assert (removed.returncode, removed.stdout.splitlines()[-1]) == (0, f"{spare} is removed."), (
        removed.stderr
    )
    assert spare not in after
    assert joined.stdout.splitlines()[0] == f"{spare}: joined as a worker."


def test_a_job_that_is_stopped_leaves_nothing_half_moved(cluster: Platform) -> None:
    spare = address(cluster, "worker3")
    workers(cluster, "add", spare)
    running = started(cluster, "rebalance")
    until(lambda: job_state(cluster) == "running", "the job runs", seconds=60)

    stopped = workers(cluster, "rebalance", "--stop")
    out, err = running.communicate(timeout=120)

    assert stopped.returncode == 0, stopped.stderr
    assert stopped.stdout.startswith("cancelled: ")
    assert (running.returncode, out.partition(":")[0]) == (0, "cancelled"), err
    # What the command did not come to in its time, Citus itself drops.
    left = "SELECT count(*) FROM pg_dist_cleanup"
    until(lambda: rows(cluster, left) == [(0,)], "nothing is half moved", seconds=60)
    assert workers(cluster, "rebalance", "--stop").stdout == "No job runs.\n"


def test_a_move_that_keeps_failing_is_one_sentence(cluster: Platform) -> None:
    spare = address(cluster, "worker3")
    workers(cluster, "add", spare)
    running = started(cluster, "rebalance")
    until(lambda: job_state(cluster) == "running", "the job runs", seconds=60)
    faults.kill(cluster.instance, "worker3")
    try:
        out, err = running.communicate(timeout=120)
        listed = workers(cluster, "list")
    finally:
        lifecycle.start_store(cluster.instance, "worker3")
    workers(cluster, "rebalance", "--stop")

    assert running.returncode == 1, out
    assert err.startswith("CommandError: A shard could not be moved 2 times: ")
    assert len(err.splitlines()) == 1
    assert f"worker {spare} does not answer (Connection refused)" in listed.stdout
    assert "a shard could not be moved 2 times and is tried again" in listed.stdout
