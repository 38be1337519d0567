"""Commands on stores of their own that do not come to their end: one sentence, an exit code, no traceback."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
import pytest
from django.core.management import CommandError
from django.db import InterfaceError

from dev import environment, lifecycle
from dev.instance import Instance
from streaming.stores.commands import one_sentence
from streaming.stores.outage import StoreUnavailable
from streaming.stores.refusal import Failed, Refused
from tests.environment import WORKER
from tests.served import ROOT, until

CATALOG, REPLICA = "CATALOG_DATABASE", "ANALYTICS_REPLICA_DATABASE"
WAITING = """
SELECT pid FROM pg_stat_activity
 WHERE datname = current_database() AND wait_event_type = 'Lock' AND backend_type = 'client backend'
"""
SECONDS_TO_END = 4  # below what the shortest of the statements is given

Variables = dict[str, str]


@pytest.fixture(scope="module")
def stores() -> Iterator[Variables]:
    instance = Instance.named(f"commands-{WORKER or 'alone'}")
    lifecycle.reset(instance)
    lifecycle.up(instance, fast=True)
    variables = environment.for_child(environment.read(instance), dict(os.environ)) | {
        "DEBUG": "false",
        "REPLICATION_SLOT": "analytics_sub",
    }
    assert ended(started(variables, "setup_stores", "-v0", "--undistributed"))[0] == 0
    yield variables
    lifecycle.reset(instance)


def started(variables: Variables, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        env=variables,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(running: "subprocess.Popen[str]") -> tuple[int, str]:
    """The exit code and what stood on stderr."""
    try:
        _, err = running.communicate(timeout=120)
    finally:
        running.kill()  # one that does not end must not hold the run
    return running.returncode, err


def connected(variables: Variables, database: str) -> Any:
    return closing(psycopg2.connect(variables[f"{database}_URL"], password=variables[f"{database}_PASSWORD"]))


@contextmanager
def locked(variables: Variables, database: str, table: str) -> Iterator[Any]:
    """Nobody else reads the table; yields a cursor outside of the transaction that holds it."""
    with connected(variables, database) as holding, connected(variables, database) as looking:
        holding.cursor().execute(f"LOCK TABLE {table}")
        looking.autocommit = True
        yield looking.cursor()


def waiting(cursor: Any) -> list[tuple[int]]:
    cursor.execute(WAITING)
    return list(cursor.fetchall())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "database", "table", "again"),
    [
        (
            ("migrate_stores",),
            CATALOG,
            "django_migrations",
            " What ran stays: the next run goes on from there.",
        ),
        (
            ("setup_stores",),
            CATALOG,
            "django_migrations",
            " What ran stays: the next run goes on from there.",
        ),
        (
            ("replication", "check"),
            REPLICA,
            "users",
            " Look at `manage.py replication status`; it may be run again.",
        ),
        (
            ("federation", "check"),
            REPLICA,
            "users",
            " What is away, `manage.py status` says; this may be run again.",
        ),
        (("report", "watch-time"), CATALOG, "genres", ""),
    ],
)
def test_ctrl_c_ends_a_command_that_waits_for_a_store(
    stores: Variables, arguments: tuple[str, ...], database: str, table: str, again: str
) -> None:
    """Keeps away a traceback, and that libpq holds the signal back until the statement has ended."""
    with locked(stores, database, table) as cursor:
        running = started(stores, *arguments)
        until(lambda: waiting(cursor) != [], "the command waits", seconds=60)
        interrupted_at = time.monotonic()
        running.send_signal(signal.SIGINT)

        code, err = ended(running)

    assert (code, err) == (130, f"CommandError: Interrupted.{again}\n")
    assert time.monotonic() - interrupted_at < SECONDS_TO_END


@pytest.mark.slow
def test_ctrl_c_while_the_stores_are_inspected(stores: Variables) -> None:
    with locked(stores, CATALOG, "django_migrations") as cursor:
        running = started(stores, "status")
        until(lambda: waiting(cursor) != [], "the inspection waits", seconds=60)
        running.send_signal(signal.SIGINT)

        assert ended(running) == (130, "CommandError: Interrupted.\n")


@pytest.mark.slow
def test_a_session_that_is_ended_is_one_sentence(stores: Variables) -> None:
    """Keeps away a traceback of the `InterfaceError` that giving a lock back raises on a session that is gone,
    and that this error stands in place of the first one."""
    with locked(stores, REPLICA, "users") as cursor:
        running = started(stores, "replication", "resync")
        until(lambda: waiting(cursor) != [], "the resync waits", seconds=60)
        cursor.execute(f"SELECT pg_terminate_backend(pid) FROM ({WAITING}) waiting")

        code, err = ended(running)

    assert code == 1
    assert err.startswith("CommandError: replication resync did not finish: terminating connection due to ")
    assert err.count("\n") == 1
    assert ended(started(stores, "replication", "resync")) == (0, "")


@pytest.mark.slow
def test_ctrl_c_outside_of_a_command_has_no_traceback(stores: Variables) -> None:
    running = started(stores, "shell", "-v0", "-c", "raise KeyboardInterrupt")

    assert ended(running) == (130, "manage.py: interrupted.\n")


@pytest.mark.parametrize(
    ("raised", "code", "sentence"),
    [
        (Failed("the copy fails"), 1, "the copy fails."),
        (Refused("Start it first."), 2, "Start it first."),
        (
            InterfaceError("connection already closed\n\tand more"),
            1,
            "Not done: connection already closed. Again.",
        ),
        (InterfaceError(), 1, "Not done: InterfaceError. Again."),
        (KeyboardInterrupt(), 130, "Interrupted. Again."),
    ],
)
def test_what_is_an_operators_to_mend_is_a_sentence_and_an_exit_code(
    raised: BaseException, code: int, sentence: str
) -> None:
    with pytest.raises(CommandError) as refusal, one_sentence("Not done", again="Again."):
        raise raised

    assert (refusal.value.returncode, str(refusal.value)) == (code, sentence)


def test_of_a_store_that_is_away_it_says_why() -> None:
    with pytest.raises(CommandError) as refusal, one_sentence("Not done", again="Again."):
        raise StoreUnavailable("state") from ConnectionError("Connection refused")

    assert refusal.value.returncode == 1
    assert str(refusal.value) == "Not done: state is not available (Connection refused). Again."


def test_a_mistake_of_ours_passes_through() -> None:
    with pytest.raises(KeyError), one_sentence("Not done"):
        raise KeyError("a")
