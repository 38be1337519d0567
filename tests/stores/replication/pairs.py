"""A primary and a replica of a test's own, worked on by the real commands in processes of their own.

For what ends in another state than it began: rebuilt, promoted, lost. The servers are one instance a worker; each pair
is two new databases on them, made from migrated ones.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest

from dev import environment, lifecycle, postgres
from dev.instance import Instance
from tests.environment import WORKER
from tests.served import ROOT, until

PRIMARY, REPLICA, CATALOG = "ANALYTICS_DATABASE", "ANALYTICS_REPLICA_DATABASE", "CATALOG_DATABASE"
PEOPLE = """
INSERT INTO users (user_id, username, email, password, is_staff)
SELECT gen_random_uuid(), 'viewer' || n, 'viewer' || n || '@example.org', '!', n = 1 FROM generate_series(1, 50) n;
INSERT INTO user_watch_history (history_id, user_id, content_id, watched_at, duration_watched_seconds,
                                last_position_seconds, event_id)
SELECT gen_random_uuid(), user_id, gen_random_uuid(), now() - n * interval '1 hour', 60, 60, gen_random_uuid()
  FROM users, generate_series(1, 4) n;
"""
COPIED = """
SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM user_watch_history),
       (SELECT count(*) FROM pg_subscription_rel WHERE srsubstate = 'r')
"""


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


@dataclass(frozen=True)
class Pair:
    """`variables` are those of its processes."""

    instance: Instance
    variables: dict[str, str] = field(repr=False)

    def manage(self, *arguments: str, seconds: float = 60) -> Ran:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            env=self.variables,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def replication(self, *arguments: str) -> Ran:
        return self.manage("replication", *arguments)

    def killed_at(self, line: str, *arguments: str) -> None:
        """Runs `replication` and ends it with SIGKILL as soon as it prints a line that begins like this."""
        command = [sys.executable, "-u", "manage.py", "replication", *arguments]
        with subprocess.Popen(
            command, env=self.variables, cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as running:
            assert running.stdout is not None
            printed = []
            for text in running.stdout:
                printed.append(text)
                if text.startswith(line):
                    running.kill()
                    return
            raise AssertionError(f"it never printed {line!r}: {printed}")

    def rows(self, prefix: str, statement: str) -> list[tuple[Any, ...]]:
        with connected(self.variables, prefix) as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def value(self, prefix: str, statement: str) -> Any:
        return self.rows(prefix, statement)[0][0]

    def swapped(self) -> "Pair":
        """With the variables as they are after a promotion."""
        names = [f"{prefix}_{part}" for prefix in (PRIMARY, REPLICA) for part in ("URL", "PASSWORD")]
        others = names[2:] + names[:2]
        return replace(
            self,
            variables={
                **self.variables,
                **{name: self.variables[other] for name, other in zip(names, others, strict=True)},
            },
        )


@contextmanager
def connected(variables: dict[str, str], prefix: str, database: str = "") -> Iterator[Any]:
    url = urlsplit(variables[f"{prefix}_URL"])
    connection = psycopg2.connect(
        host=url.hostname,
        port=url.port,
        user=url.username,
        password=variables[f"{prefix}_PASSWORD"],
        dbname=database or url.path.lstrip("/"),
        connect_timeout=2,
    )
    connection.autocommit = True
    with closing(connection), connection.cursor() as cursor:
        yield cursor


def start_servers(monkeypatch: pytest.MonkeyPatch) -> Pair:
    """The instance with its three databases migrated; those of people are no pair themselves.

    Its primaries keep 64 MB of WAL for a dead replica, four segments, so that a test can write past that.
    """
    monkeypatch.setitem(postgres.SETTINGS, "max_slot_wal_keep_size", "64MB")
    instance = Instance.named(f"replication-{WORKER or 'alone'}")
    lifecycle.reset(instance)
    lifecycle.up(instance, fast=True)
    variables = environment.for_child(environment.read(instance), dict(os.environ))
    servers = Pair(instance, variables | {"DEBUG": "false", "REPLICATION_SLOT": "unused"})
    for alias in ("analytics_replica", "default", "catalog"):
        assert servers.manage("migrate", "--database", alias, "-v0").code == 0
    return servers


@contextmanager
def paired(servers: Pair, name: str) -> Iterator[Pair]:
    """A subscribed, caught-up pair of databases with 50 viewers and 200 plays; dropped afterwards."""
    variables = servers.variables | {"REPLICATION_SLOT": name}
    for prefix in (PRIMARY, REPLICA):
        url = urlsplit(variables[f"{prefix}_URL"])
        with connected(servers.variables, prefix, "postgres") as cursor:
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE {url.path.lstrip('/')}")
        variables[f"{prefix}_URL"] = url._replace(path=f"/{name}").geturl()
    pair = Pair(servers.instance, variables)
    try:
        pair.rows(PRIMARY, PEOPLE)
        assert pair.replication("setup").code == 0
        until(lambda: pair.rows(REPLICA, COPIED) == [(50, 200, 2)], "the replica is copied")
        yield pair
    finally:
        _drop(pair, name)


HERE = "(SELECT oid FROM pg_database WHERE datname = current_database())"


def _drop(pair: Pair, name: str) -> None:
    """Either side may be the subscriber by now."""
    for prefix in (REPLICA, PRIMARY):
        with connected(pair.variables, prefix) as cursor:
            cursor.execute("SET default_transaction_read_only = off")
            cursor.execute(f"SELECT subname FROM pg_subscription WHERE subdbid = {HERE}")
            for (subscription,) in cursor.fetchall():
                cursor.execute(f"ALTER SUBSCRIPTION {subscription} DISABLE")
                cursor.execute(f"ALTER SUBSCRIPTION {subscription} SET (slot_name = NONE)")
                cursor.execute(f"DROP SUBSCRIPTION {subscription}")
    for prefix in (REPLICA, PRIMARY):
        with connected(pair.variables, prefix, "postgres") as cursor:
            slots = f"FROM pg_replication_slots WHERE database = '{name}'"
            cursor.execute(f"SELECT pg_terminate_backend(active_pid, 5000) {slots} AND active")
            cursor.execute(f"SELECT pg_drop_replication_slot(slot_name) {slots}")
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
