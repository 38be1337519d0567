"""Every fault that a replica can have: seen by `status` or `check`, named, and repaired by `resync`."""

import json

import pytest

from dev import faults, lifecycle
from tests.served import until
from tests.stores.replication.pairs import CATALOG, COPIED, HERE, PRIMARY, REPLICA, Pair

EQUAL = "compared 250 rows in 2 ranges: 0 missing on the replica, 0 only on the replica, 0 different"
DIFFERS = "CommandError: The replica differs from the primary: run `manage.py replication resync`.\n"


@pytest.mark.slow
def test_a_subscriber_stopped_past_the_wal_cap_is_rebuilt(pair: Pair) -> None:
    faults.kill(pair.instance, "replica")
    try:
        until(lambda: write_past_the_cap(pair) == "lost", "the slot is lost")
        away = pair.replication("status")
    finally:
        lifecycle.start_store(pair.instance, "replica")
    back = pair.replication("status")
    repaired = pair.replication("resync")

    assert away.code == back.code == 1
    assert "The analytics replica at 127.0.0.1:" in away.out
    lost = "✗ The slot is lost (wal_removed): WAL that the replica needs is gone.\n    → manage.py replication resync"
    assert lost in away.out
    assert lost in back.out
    assert repaired.code == 0, repaired.err
    assert "compared 250 rows in 2 ranges: 0 missing on the replica" in repaired.lines[-1]
    assert pair.value(REPLICA, "SELECT count(*) FROM users WHERE username LIKE '% renamed'") == 50
    assert pair.replication("status").lines[-1] == "replication is sound"


def test_rows_written_by_hand_on_the_replica_are_named_and_repaired(pair: Pair) -> None:
    stray = "00000000-0000-0000-0000-000000000001"
    changed = pair.value(REPLICA, "SELECT max(user_id::text) FROM users")
    deleted = pair.value(REPLICA, "SELECT min(history_id::text) FROM user_watch_history")
    pair.rows(REPLICA, f"INSERT INTO users (user_id, username) VALUES ('{stray}', 'stray')")
    pair.rows(REPLICA, f"UPDATE users SET username = 'other' WHERE user_id = '{changed}'")
    pair.rows(REPLICA, f"DELETE FROM user_watch_history WHERE history_id = '{deleted}'")

    found = pair.replication("check")
    fewer = pair.replication("check", "--limit", "1")
    repaired = pair.replication("resync")

    assert found.code == fewer.code == 1
    assert found.err.endswith(DIFFERS)
    assert found.lines == [
        f"✗ users {stray}: only on the replica",
        f"✗ users {changed}: different in username",
        f"✗ user_watch_history {deleted}: missing on the replica",
        "compared 250 rows in 2 ranges: 1 missing on the replica, 1 only on the replica, 1 different",
    ]
    assert fewer.lines[:2] == [found.lines[0], "  … and 2 rows more"]
    assert fewer.lines[-1] == found.lines[-1]
    assert repaired.code == 0, repaired.err
    assert repaired.lines[-1] == EQUAL
    assert pair.replication("check").lines == [EQUAL]


def test_a_column_missing_on_the_replica_is_named_and_comes_back(pair: Pair) -> None:
    pair.rows(REPLICA, "ALTER TABLE users DROP COLUMN username")

    seen, found = pair.replication("status"), pair.replication("check")
    repaired = pair.replication("resync")

    assert (
        "✗ The column users.username is missing on the replica.\n    → manage.py replication resync"
        in seen.out
    )
    assert found.code == 1
    assert found.lines[0] == "✗ column users.username is missing on the replica"
    assert repaired.code == 0, repaired.err
    assert repaired.lines[-1] == EQUAL
    assert pair.value(REPLICA, "SELECT username FROM users ORDER BY username LIMIT 1") == "viewer1"


def test_a_row_that_stops_the_apply_worker_is_seen_and_repaired(pair: Pair) -> None:
    pair.rows(REPLICA, "INSERT INTO users (user_id, username) VALUES (gen_random_uuid(), 'grace')")
    pair.rows(PRIMARY, "INSERT INTO users (user_id, username) VALUES (gen_random_uuid(), 'grace')")
    until(lambda: apply_errors(pair) > 0, "the apply worker has failed")

    seen = pair.replication("status")
    repaired = pair.replication("resync")

    assert seen.code == 1
    assert "✗ The apply worker has failed " in seen.out
    assert "the replica's log names the row.\n    → manage.py replication resync" in seen.out
    assert repaired.code == 0, repaired.err
    assert repaired.lines[-1].startswith("compared 251 rows in 2 ranges: 0 missing")
    assert pair.replication("status").code == 0


def test_an_empty_database_on_a_new_machine_becomes_the_replica(pair: Pair) -> None:
    """The slot and the foreign tables of the machine that is gone stand in nobody's way."""
    name = pair.variables["REPLICATION_SLOT"]
    for statement in UNSUBSCRIBE:
        pair.rows(REPLICA, statement)
    with_server = {
        **pair.variables,
        f"{REPLICA}_URL": pair.variables[f"{REPLICA}_URL"].replace(name, "postgres"),
    }
    server = Pair(pair.instance, with_server)
    server.rows(REPLICA, f"DROP DATABASE {name} WITH (FORCE)")
    server.rows(REPLICA, f"CREATE DATABASE {name}")

    seen = pair.replication("status")
    repaired = pair.replication("resync")

    assert "✗ The replica is not subscribed: reads go to the primary." in seen.out
    assert f"✗ Slot {name} keeps WAL for nobody.\n    → manage.py replication resync" in seen.out
    assert repaired.code == 0, repaired.err
    assert f"slot {name} dropped from the primary" in repaired.lines
    assert repaired.lines[-1] == EQUAL
    assert pair.value(CATALOG, "SELECT count(*) FROM analytics.user_watch_history") == 200
    assert pair.manage("federation", "check").code == 0


@pytest.mark.slow
def test_a_resync_killed_at_any_step_is_finished_by_the_next(pair: Pair) -> None:
    not_subscribed = "✗ The replica is not subscribed: reads go to the primary."
    for line in (
        "subscription analytics_sub dropped",
        "the replica's tables dropped",
        "the replica's tables made",
    ):
        pair.killed_at(line, "resync")
        seen = pair.replication("status")
        assert seen.code == 1
        assert not_subscribed in seen.out
    pair.killed_at("subscription analytics_sub created", "resync")
    until(lambda: pair.rows(REPLICA, COPIED) == [(50, 200, 2)], "what it began goes on without it")
    assert pair.replication("check").lines == [EQUAL]

    assert pair.replication("resync").lines[-1] == EQUAL
    assert pair.replication("status").lines[-1] == "replication is sound"


@pytest.mark.slow
def test_a_copy_that_catches_up_for_long_is_not_called_stalled(pair: Pair) -> None:
    """Nothing but copied rows counted as movement: a backlog of `STALLED_SECONDS` ended a resync that went well.

    Each row takes the replica 0.4 s: three are copied, six more are committed meanwhile.
    """
    pair.rows(PRIMARY, "DELETE FROM user_watch_history")
    pair.rows(PRIMARY, "DELETE FROM users WHERE username NOT IN ('viewer1', 'viewer2', 'viewer3')")
    caught_up = "SELECT bool_and(srsubstate = 'r') FROM pg_subscription_rel"
    until(lambda: pair.rows(REPLICA, "SELECT count(*) FROM users") == [(3,)], "the deletes are applied")
    for statement in (*UNSUBSCRIBE, "TRUNCATE users, user_watch_history", SLOWLY):
        pair.rows(REPLICA, statement)

    waited = pair.manage("shell", "-v0", "-c", WAIT_UNTIL_COPIED)

    assert waited.out.splitlines()[-1:] == ["copied"], waited.err
    assert pair.value(REPLICA, caught_up)
    assert pair.value(REPLICA, "SELECT count(*) FROM users") == 9


UNSUBSCRIBE = (
    "ALTER SUBSCRIPTION analytics_sub DISABLE",
    "ALTER SUBSCRIPTION analytics_sub SET (slot_name = NONE)",
    "DROP SUBSCRIPTION analytics_sub",
)
SLOWLY = """
CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.4); RETURN NEW; END $$;
CREATE TRIGGER slowly BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION slowly();
ALTER TABLE users ENABLE ALWAYS TRIGGER slowly
"""
WAIT_UNTIL_COPIED = """
from django.db import connections
from analytics.models import User
from analytics.replication import published_columns
from streaming.stores.replication import resyncing, setup
from tests.served import until
resyncing.STALLED_SECONDS = 1.2
setup.set_up(published_columns())
def copying():
    with connections["analytics_replica"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_progress_copy WHERE datname = current_database()")
        return cursor.fetchone()[0]
until(copying, "the copy has begun")
for n in range(6):
    User.objects.create_user(f"later{n}", f"later{n}@example.org", None)
resyncing.wait_until_copied(lambda copied: None)
print("copied")
"""


def test_a_frozen_replica_keeps_nobody_waiting(pair: Pair) -> None:
    """It takes connections and says nothing: without a limit `status` would wait for ever."""
    faults.freeze(pair.instance, "replica")
    try:
        seen = pair.manage("replication", "status", "--json", seconds=15)
    finally:
        faults.thaw(pair.instance, "replica")

    status = json.loads(seen.out)
    assert status["primary"]["problem"] == ""
    assert status["replica"]["problem"] != ""
    assert status["subscription"] is None
    assert status["slot"]["wal_status"] == "reserved"
    assert [finding["what"].split(" at ")[0] for finding in status["findings"]] == ["The analytics replica"]


def write_past_the_cap(pair: Pair) -> str:
    """Writes go on while WAL is thrown away; the state of the slot afterwards."""
    pair.rows(PRIMARY, "UPDATE users SET username = split_part(username, ' ', 1) || ' renamed'")
    pair.rows(PRIMARY, "SELECT pg_switch_wal()")
    pair.rows(PRIMARY, "CHECKPOINT")
    return slot_state(pair)


def slot_state(pair: Pair) -> str:
    name = pair.variables["REPLICATION_SLOT"]
    return str(pair.value(PRIMARY, f"SELECT wal_status FROM pg_replication_slots WHERE slot_name = '{name}'"))


def apply_errors(pair: Pair) -> int:
    subscription = f"SELECT oid FROM pg_subscription WHERE subdbid = {HERE}"
    query = f"SELECT apply_error_count FROM pg_stat_subscription_stats WHERE subid = ({subscription})"
    return int(pair.value(REPLICA, query))
