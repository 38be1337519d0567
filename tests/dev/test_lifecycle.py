"""Up, down and what lies between, on real servers of a throw-away instance."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pymongo
import pytest
import redis

from dev import environment, faults, lifecycle
from dev.instance import ROOT, Instance, State
from dev.processes import Process, birth_mark
from tests.dev.conftest import Bench

pytestmark = pytest.mark.slow

PRINT_ADDRESS = 'import os; print(os.environ["CATALOG_DATABASE_URL"]); raise SystemExit(7)'
WAIT_FOR_SIGTERM = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))
print("ready", flush=True)
signal.pause()
"""
# Killed with the server's process made and not yet noted.
KILLED_BEFORE_RECORDING = """
import os, signal, sys
from pathlib import Path
from dev.processes import Launch, spawn
def record(process):
    print(process.pid, process.birth, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
folder = Path(sys.argv[1])
launch = Launch(["sh", "-c", f"echo ran > {folder}/ran"], {})
spawn(launch, log=folder / "log", home=folder, account=None, record=record)
"""


@pytest.fixture
def stranger() -> Iterator[Process]:
    """A living process that `dev` has not started."""
    process = subprocess.Popen(["sleep", "600"])
    yield Process(process.pid, birth_mark(process.pid) or "")
    process.kill()
    process.wait()


def _until(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def test_a_second_up_starts_nothing(running: Bench) -> None:
    before = running.pids()

    result = running.run("up")

    assert result.returncode == 0, result.stderr
    assert "already running" in result.stdout
    assert running.pids() == before
    assert set(before) == set(running.state.stores)


def test_the_stores_let_in_who_has_the_variables_and_nobody_else(running: Bench) -> None:
    found = environment.read(running.instance)

    for prefix in ("CATALOG", "ANALYTICS", "ANALYTICS_REPLICA"):
        address, password = found[f"{prefix}_DATABASE_URL"], found[f"{prefix}_DATABASE_PASSWORD"]
        psycopg2.connect(address, password=password).close()
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            psycopg2.connect(address, password="wrong")
    for prefix in ("CACHE", "STATE"):
        assert redis.Redis.from_url(found[f"{prefix}_URL"], password=found[f"{prefix}_PASSWORD"]).ping()
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(found[f"{prefix}_URL"]).ping()
    with _documents(found) as client:
        client["streaming"]["devtest"].insert_one({"_id": 1})  # with a retryable write
        client["streaming"].drop_collection("devtest")
    with pymongo.MongoClient[dict[str, object]](found["MONGODB_URL"]) as client:
        with pytest.raises(pymongo.errors.OperationFailure):
            client["streaming"]["devtest"].find_one()


def test_secrets_are_for_the_owner_only(running: Bench) -> None:
    assert running.instance.env_file.stat().st_mode & 0o777 == 0o600
    command_lines = [Path(f"/proc/{pid}/cmdline") for pid in running.pids().values()]
    secrets = environment.passwords(environment.read(running.instance)).values()
    for path in (path for path in command_lines if path.exists()):  # Linux
        assert not [secret for secret in secrets if secret in path.read_text()]


def test_exec_hands_over_the_stores_and_the_commands_exit_code(running: Bench) -> None:
    result = running.run("exec", "--", sys.executable, "-c", PRINT_ADDRESS)

    assert result.returncode == 7
    assert result.stdout.strip() == environment.read(running.instance)["CATALOG_DATABASE_URL"]
    assert set(running.pids()) == set(running.state.stores)  # up before, so left up


def test_exec_names_a_command_that_is_not_there(running: Bench) -> None:
    result = running.run("exec", "--", "no-such-command")

    assert result.returncode == 127
    assert "no-such-command" in result.stderr


def test_status_tells_running_frozen_and_crashed_apart(running: Bench) -> None:
    faults.freeze(running.instance, "state")
    faults.kill(running.instance, "cache")

    frozen = {line.split()[0]: line for line in running.run("status").stdout.splitlines()}
    faults.thaw(running.instance, "state")
    lifecycle.start_store(running.instance, "cache")
    healthy = running.run("status")

    assert " not answering " in frozen["state"]
    assert " crashed " in frozen["cache"]
    assert " running " in frozen["catalog"]
    assert healthy.returncode == 0
    assert [line.split()[1] for line in healthy.stdout.splitlines()] == ["running"] * len(frozen)


@pytest.mark.parametrize("store", ["analytics", "state", "documents"])
def test_a_crashed_store_is_started_again_with_its_data(running: Bench, store: str) -> None:
    found = environment.read(running.instance)
    write, read = _marker(store, found)
    write()
    before = running.pids()

    faults.kill(running.instance, store)
    assert lifecycle.pid_of(running.instance, store) is None
    outcome = lifecycle.up(running.instance)

    assert outcome.started == (store,)
    assert read() == "kept"
    assert {name: pid for name, pid in running.pids().items() if name != store} == {
        name: pid for name, pid in before.items() if name != store
    }


def _documents(found: dict[str, str]) -> pymongo.MongoClient[dict[str, object]]:
    return pymongo.MongoClient(
        found["MONGODB_URL"], username=found["MONGODB_USER"], password=found["MONGODB_PASSWORD"]
    )


def _marker(store: str, found: dict[str, str]) -> tuple[Callable[[], object], Callable[[], object]]:
    """How to write a word into a store, and how to read it again on a new connection."""
    if store == "analytics":

        def ask(statement: str) -> object:
            connection = psycopg2.connect(
                found["ANALYTICS_DATABASE_URL"], password=found["ANALYTICS_DATABASE_PASSWORD"]
            )
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                answer = cursor.fetchone() if cursor.description else None
            connection.close()
            return answer[0] if answer else None

        return (
            lambda: ask("CREATE TABLE marker AS SELECT 'kept'::text AS word"),
            lambda: ask("SELECT word FROM marker"),
        )
    if store == "state":
        client = redis.Redis.from_url(
            found["STATE_URL"], password=found["STATE_PASSWORD"], decode_responses=True
        )
        return lambda: client.set("marker", "kept"), lambda: client.get("marker")
    markers = _documents(found)["streaming"]["marker"]
    return lambda: markers.insert_one({"word": "kept"}), lambda: (markers.find_one() or {}).get("word")


def test_a_pid_that_another_program_has_got_is_neither_trusted_nor_stopped(
    running: Bench, stranger: Process
) -> None:
    faults.kill(running.instance, "cache")
    state = running.state
    state.started("cache", Process(stranger.pid, state.servers["cache"].birth))

    assert lifecycle.pid_of(running.instance, "cache") is None
    new_pid = lifecycle.start_store(running.instance, "cache")

    assert new_pid != stranger.pid
    assert birth_mark(stranger.pid) == stranger.birth


def test_a_postmaster_lock_with_another_programs_pid_does_not_keep_postgresql_down(
    running: Bench, stranger: Process
) -> None:
    """In a container low pids come back: PostgreSQL took the new bearer for its old self."""
    faults.kill(running.instance, "replica")
    lock = _data(running) / "replica" / "postmaster.pid"
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")

    assert lifecycle.start_store(running.instance, "replica") != stranger.pid


def test_exec_takes_down_what_it_brought_up_even_when_it_is_told_to_end(
    bench: Bench, stranger: Process
) -> None:
    with bench.start("exec", "--fast", "--", sys.executable, "-c", WAIT_FOR_SIGTERM) as command:
        assert command.stdout is not None
        assert command.stdout.readline() == "ready\n"
        pids = bench.pids()
        command.send_signal(signal.SIGTERM)
        code = command.wait(timeout=60)

    assert code == 9
    assert len(pids) == len(bench.state.stores)
    assert [pid for pid in pids.values() if birth_mark(pid)] == []
    assert birth_mark(stranger.pid) == stranger.birth


def test_an_up_killed_during_initdb_is_made_good_by_the_next_two_at_once(bench: Bench) -> None:
    killed = bench.start("up", "--fast")
    _until(lambda: any(_data(bench).glob("*.new-*/base")))
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()

    both = [bench.start("up", "--fast") for _ in range(2)]
    results = [(*command.communicate(), command.returncode) for command in both]

    assert [code for *_, code in results] == [0, 0], results
    assert sorted("already running" in out for out, _, _ in results) == [False, True]
    assert set(bench.pids()) == set(bench.state.stores)
    assert not list(_data(bench).glob("*.new-*"))


def _data(bench: Bench) -> Path:
    state = State.load(bench.instance)
    return Path(state.home if state and state.home else bench.instance.folder) / "data"


def test_a_command_killed_before_it_noted_a_server_leaves_none_behind(tmp_path: Path) -> None:
    """A server that `stores.json` did not name held its port and its data; `down` could not find it."""
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_BEFORE_RECORDING, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert killed.returncode == -signal.SIGKILL
    pid, birth = killed.stdout.split()
    _until(lambda: birth_mark(int(pid)) != birth)
    assert not (tmp_path / "ran").exists()


def test_lost_passwords_are_said_to_be_lost(bench: Bench) -> None:
    (bench.instance.folder / "data" / "catalog").mkdir(parents=True)

    result = bench.run("up")

    assert result.returncode == 1
    assert "stores.env with the stores' passwords is gone" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_copied_clone_leaves_the_originals_servers_alone(running: Bench, clone: Bench) -> None:
    """`cp -r` takes `.local` with it: the copy took the original's servers for its own and stopped them."""
    copied = Bench(Instance(running.instance.name, clone.instance.root))
    copied.instance.create()
    shutil.copy(running.instance.state_file, copied.instance.state_file)
    before = running.pids()

    down = copied.run("down")

    assert down.stdout == "nothing was running\n"
    assert running.pids() == before
