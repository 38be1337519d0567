"""`manage.py status` on stores of its own: each fault as it shows, and that the command named with it repairs it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
import redis
from pymongo import MongoClient

from dev import environment, faults, lifecycle
from dev.instance import Instance
from streaming.gateway.status_screen import WIDTH
from streaming.stores.findings import START
from tests.environment import WORKER
from tests.served import ROOT, until

pytestmark = pytest.mark.slow

STORES = ["catalog", "analytics", "replica", "reviews", "cache", "state"]
SCREEN_SECONDS = 60  # without a limit of its own, what waits for a frozen server waits for ever
FAULTS = {"killed": faults.kill, "frozen": faults.freeze}
MENDED_BY = {"killed": lifecycle.start_store, "frozen": faults.thaw}


@dataclass(frozen=True)
class Said:
    code: int
    text: str
    stderr: str

    @property
    def report(self) -> dict[str, Any]:
        return json.loads(self.text)

    @property
    def found(self) -> list[tuple[str, str, str]]:
        return [(item["part"], item["what"], item["repair"]) for item in self.report["findings"]]


@dataclass(frozen=True)
class OwnStores:
    instance: Instance
    variables: dict[str, str]

    def manage(self, *arguments: str) -> Said:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            env=self.variables,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=SCREEN_SECONDS,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def status(self) -> Said:
        return self.manage("status", "--json")

    def sound(self) -> bool:
        return self.status().code == 0

    def sql(self, database: str, statement: str) -> None:
        url = self.variables[f"{database}_DATABASE_URL"]
        connection = psycopg2.connect(url, password=self.variables[f"{database}_DATABASE_PASSWORD"])
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()

    def configure(self, store: str, name: str, value: str) -> None:
        url, password = self.variables[f"{store}_URL"], self.variables[f"{store}_PASSWORD"]
        with redis.Redis.from_url(url, password=password) as client:
            client.config_set(name, value)


@pytest.fixture(scope="module")
def own() -> Iterator[OwnStores]:
    instance = Instance.named(f"status-{WORKER or 'alone'}")
    lifecycle.reset(instance)
    lifecycle.up(instance, fast=True)
    variables = environment.for_child(environment.read(instance), dict(os.environ)) | {
        "DEBUG": "false",
        "REPLICATION_SLOT": "analytics_sub",
    }
    stores = OwnStores(instance, variables)
    assert stores.manage("setup_stores", "-v0").code == 0
    until(stores.sound, "the first copy is done")
    yield stores
    lifecycle.reset(instance)


def test_sound_stores_are_told_in_one_table_and_end_with_0(own: OwnStores) -> None:
    said = own.manage("status")

    assert (said.code, said.stderr) == (0, "")
    lines = said.text.splitlines()
    assert lines[0].split() == ["store", "address", "version", "latency", "size", "role"]
    assert [line.split()[0] for line in lines[1:7]] == STORES
    assert lines[8].startswith("replication: ")
    assert lines[-1] == "every store is sound"
    assert max(map(len, lines)) <= WIDTH


def test_json_has_the_same_for_machines(own: OwnStores) -> None:
    report = own.status().report

    assert list(report) == ["ok", "stores", "replication", "findings"]
    assert (report["ok"], report["findings"], list(report["stores"])) == (True, [], STORES)
    for name, store in report["stores"].items():
        assert list(store) == ["ok", "role", "address", "version", "milliseconds", "size_bytes"]
        assert store["ok"] and name in store["role"]
        assert store["size_bytes"] >= 0
    products = [store["version"].split()[0] for store in report["stores"].values()]
    assert products == ["PostgreSQL"] * 3 + ["MongoDB", "Valkey", "Valkey"]
    addresses = [urlsplit(own.variables["CATALOG_DATABASE_URL"]).netloc.rpartition("@")[2]]
    assert [report["stores"]["catalog"]["address"]] == addresses
    assert report["replication"]["lag_seconds"] is not None


@pytest.mark.parametrize(
    ("fault", "server", "store", "part", "what"),
    [
        ("frozen", "catalog", "catalog", "catalog", "it does not answer: "),
        ("killed", "analytics", "analytics", "replication", "The analytics primary at "),
        ("frozen", "replica", "replica", "replication", "The analytics replica at "),
        ("killed", "documents", "reviews", "reviews", "it does not answer: "),
        ("frozen", "cache", "cache", "cache", "it does not answer: "),
        ("killed", "state", "state", "state", "it does not answer: "),
    ],
)
def test_a_store_that_is_away_is_named_and_the_others_are_told(
    own: OwnStores, fault: str, server: str, store: str, part: str, what: str
) -> None:
    FAULTS[fault](own.instance, server)
    try:
        said = own.status()
    finally:
        MENDED_BY[fault](own.instance, server)

    assert said.code == 1
    assert said.stderr == "CommandError: 1 thing is wrong.\n"
    ((found_in, sentence, repair),) = said.found
    assert found_in == part
    assert sentence.startswith(what)
    assert repair.startswith(START)
    assert "manage.py" not in repair
    assert {name for name, told in said.report["stores"].items() if not told["ok"]} == {store}
    told = said.report["stores"][store]
    assert (told["role"], told["version"], told["size_bytes"]) == (store, "", None)
    until(own.sound, "it is sound again")


def test_all_stores_frozen_is_one_screen_all_the_same(own: OwnStores) -> None:
    servers = ("catalog", "analytics", "replica", "documents", "cache", "state")
    for server in servers:
        faults.freeze(own.instance, server)
    try:
        said = own.manage("status")
    finally:
        for server in servers:
            faults.thaw(own.instance, server)

    assert (said.code, said.stderr) == (1, "CommandError: 6 things are wrong.\n")
    assert [line.split()[3] for line in said.text.splitlines()[1:7]] == ["away"] * 6
    until(own.sound, "it is sound again")


def test_stopped_stores_are_to_be_started_and_nothing_else(own: OwnStores) -> None:
    """It named the repair of a lost primary and of a lost replica, both of which destroy, while nothing ran at all."""
    lifecycle.down(own.instance)
    try:
        said, screen = own.status(), own.manage("status").text
    finally:
        lifecycle.up(own.instance, fast=True)

    assert [part for part, _, _ in said.found] == [
        *("catalog", "reviews", "cache", "state"),
        *("replication", "replication"),
    ]
    assert {repair for _, _, repair in said.found} == {START}
    assert screen.count("->") == 1
    until(own.sound, "it is sound again")


@pytest.mark.parametrize(
    ("store", "option", "wrong", "right", "what"),
    [
        ("cache", "maxmemory-policy", "noeviction", "allkeys-lru", "it evicts nothing, and refuses writes"),
        ("cache", "maxmemory", "0", "256mb", "its memory has no limit, so that it never evicts"),
        ("state", "maxmemory-policy", "allkeys-lru", "noeviction", "it evicts counters (allkeys-lru)"),
        ("state", "appendonly", "no", "yes", "it keeps no append-only file"),
    ],
)
def test_a_wrong_setting_of_redis_is_named_with_the_one_to_set(
    own: OwnStores, store: str, option: str, wrong: str, right: str, what: str
) -> None:
    own.configure(store.upper(), option, wrong)
    try:
        said = own.status()
    finally:
        own.configure(store.upper(), option, right)

    ((part, sentence, repair),) = said.found
    assert (said.code, part) == (1, store)
    assert sentence.startswith(what)
    assert repair.startswith(f"CONFIG SET {option} {right}, ")


def test_a_missing_index_is_made_by_the_command_that_is_named(own: OwnStores) -> None:
    password, user = own.variables["MONGODB_PASSWORD"], own.variables["MONGODB_USER"]
    client: MongoClient[dict[str, Any]] = MongoClient(
        own.variables["MONGODB_URL"], username=user, password=password
    )
    with client:
        client.get_default_database()["reviews"].drop_index("of_viewer_newest_first")

    assert repaired(own) == [
        ("reviews", "indexes are missing: of_viewer_newest_first", "manage.py document_indexes")
    ]


@pytest.mark.parametrize(("database", "part"), [("CATALOG", "catalog"), ("ANALYTICS_REPLICA", "replica")])
def test_an_unapplied_migration_is_applied_by_the_command_that_is_named(
    own: OwnStores, database: str, part: str
) -> None:
    own.sql(database, "DELETE FROM django_migrations WHERE app = 'sessions'")

    assert repaired(own) == [
        (part, "migration sessions.0001_initial not applied", "manage.py migrate_stores")
    ]


def test_a_disabled_subscription_is_enabled_by_the_command_that_is_named(own: OwnStores) -> None:
    own.sql("ANALYTICS_REPLICA", "ALTER SUBSCRIPTION analytics_sub DISABLE")

    assert ("replication", "The subscription is disabled.", "manage.py replication setup") in repaired(own)


def test_a_missing_foreign_table_is_made_by_the_command_that_is_named(own: OwnStores) -> None:
    own.sql("CATALOG", "DROP FOREIGN TABLE analytics.users")

    assert repaired(own) == [
        ("federation", "foreign table analytics.users is missing", "manage.py federation setup")
    ]


def test_a_primary_that_is_read_only_is_told(own: OwnStores) -> None:
    own.sql("ANALYTICS", "ALTER ROLE streaming SET default_transaction_read_only = on")
    try:
        said = own.status()
    finally:
        own.sql(
            "ANALYTICS",
            "SET TRANSACTION READ WRITE; ALTER ROLE streaming RESET default_transaction_read_only",
        )

    assert [(part, what) for part, what, _ in said.found] == [
        ("analytics", "the primary takes no writes: it is a standby or its role is read-only")
    ]


def repaired(own: OwnStores) -> list[tuple[str, str, str]]:
    """What `status` finds; each command that it names has been typed, and it is sound again."""
    said = own.status()
    assert said.code == 1
    for repair in {repair for _, _, repair in said.found}:
        assert own.manage(*repair.removeprefix("manage.py ").split()).code == 0
    until(own.sound, "it is sound again")
    return said.found
