"""What `status` says of a running pair, and that it says something whatever is away."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from django.conf import settings
from django.db import connections
from django.test import override_settings

from analytics import replication_screen as screen
from analytics.replication import published_columns
from streaming.stores.replication import setup
from streaming.stores.replication.behind import seconds_behind
from streaming.stores.replication.state import ReplicationStatus, Side
from streaming.stores.replication.status import findings, forget_skipped, replication_status
from tests.factories import UserFactory
from tests.outages import away
from tests.served import until

Replicated = Callable[[], None]
SIDE = Side("127.0.0.1:1/people")


@pytest.fixture
def mended(replicated: Replicated, alone_on_servers: None) -> Iterator[Replicated]:
    """`replicated`, for tests that stop replication, or count from nothing what it skipped."""
    replicated()
    forget_skipped()
    yield replicated
    setup.set_up(published_columns())
    replicated()


def test_a_pair_that_works_is_sound(mended: Replicated) -> None:
    UserFactory()
    mended()
    states = []

    def is_level() -> bool:
        states.append(sound())
        return states[-1].lag_bytes == 0

    until(is_level, "a moment comes at which nobody writes to the server, also of those beside this test")

    state = states[-1]
    assert findings(state) == []
    assert (state.lag_bytes, state.lag_seconds, state.structure) == (0, 0.0, ())
    assert state.subscription is not None and state.slot is not None
    assert (state.subscription.enabled, state.subscription.worker_running, state.subscription.not_copied) == (
        True,
        True,
        [],
    )
    assert (state.slot.active, state.slot.wal_status, state.slot.cap_bytes) == (True, "reserved", 4 << 30)
    printed = screen.lines(state, [])
    assert printed[2:4] == ["subscription  enabled, apply worker running", "lag           0 B, 0.0 s"]
    assert printed[-1] == "replication is sound"


def test_the_lag_in_seconds_grows_while_nobody_applies(mended: Replicated) -> None:
    """`pg_stat_replication.replay_lag` has no row then, and stands still while the worker is stuck."""
    mended()
    # What was applied and not yet reported as flushed would be the oldest commit once nobody is connected.
    written = flushed()
    until(lambda: confirmed_past(written), "the replica reports as flushed what it has applied")
    run("analytics_replica", f"ALTER SUBSCRIPTION {setup.SUBSCRIPTION} DISABLE")
    until(lambda: not slot_active(), "the subscriber is gone")
    before = time.monotonic()
    UserFactory()
    until(lambda: bool(replication_status().lag_seconds), "the commit is flushed and counted")
    first, between = replication_status(), time.monotonic()
    UserFactory()
    second, after = replication_status(), time.monotonic()

    assert first.lag_seconds is not None and second.lag_seconds is not None
    assert 0 < first.lag_seconds < between - before
    assert first.lag_seconds < second.lag_seconds < after - before
    assert second.lag_bytes is not None and second.lag_bytes > 0
    assert [str(finding) for finding in findings(second)] == [
        "The subscription is disabled. — manage.py replication setup"
    ]
    assert slots() == [settings.REPLICATION_SLOT]  # the copy it measured with is gone


def test_the_lag_is_told_past_any_number_of_changes_that_are_applied_and_not_flushed(
    mended: Replicated,
) -> None:
    """A hundred rows were looked at, so a primary with more of them applied was said to be 0.0 s ahead."""
    mended()
    run("analytics_replica", f"ALTER SUBSCRIPTION {setup.SUBSCRIPTION} DISABLE")
    until(lambda: not slot_active(), "the subscriber is gone")
    for _ in range(101):
        UserFactory()
    applied = flushed()
    assert seconds_behind(applied, setup.PUBLICATION) is None
    before = time.monotonic()
    UserFactory()
    flushed()

    behind = seconds_behind(applied, setup.PUBLICATION)

    assert behind is not None
    assert 0 < behind < time.monotonic() - before
    assert slots() == [settings.REPLICATION_SLOT]


def test_a_lag_past_the_limit_of_the_readers_is_found() -> None:
    """It had a limit of its own, and called a replica sound that nobody read."""
    slow = ReplicationStatus(primary=SIDE, replica=SIDE, subscription=None, lag_seconds=75.4)
    with override_settings(REPLICA_LAG_LIMIT_SECONDS=75.0):
        found = [finding.what for finding in findings(slow)]
    with override_settings(REPLICA_LAG_LIMIT_SECONDS=76.0):
        sound_enough = [finding.what for finding in findings(slow)]

    assert found[-1] == "The replica is 75 s behind."
    assert sound_enough == found[:-1]


@pytest.mark.parametrize("side", ["analytics", "replica"])
def test_a_side_that_is_away_is_named_and_the_other_still_asked(stores: None, side: str) -> None:
    with away(side):
        state = replication_status()

    name = {"analytics": "primary", "replica": "replica"}[side]
    asked, other = getattr(state, name), {"analytics": state.replica, "replica": state.primary}[side]
    assert "Connection refused" in asked.problem
    assert other.problem == ""
    assert (state.slot is None, state.subscription is None) == (side == "analytics", side == "replica")
    assert findings(state)[0].what.startswith(f"The analytics {name} at 127.0.0.1:1/")


def test_changes_that_met_no_row_are_counted_as_divergence(mended: Replicated) -> None:
    user = UserFactory()
    mended()
    run("analytics_replica", "DELETE FROM users")
    user.delete()
    mended()
    until(lambda: skipped() == 1, "the skipped change is counted")

    found = findings(replication_status())

    assert found[0].what == "1 change met no row on the replica and was skipped: it has diverged."
    forget_skipped()
    until(lambda: skipped() == 0, "the count begins anew")


def test_a_connection_that_was_lost_once_is_no_row_that_stops_the_worker(mended: Replicated) -> None:
    """After one restart of the primary every moment of lag was taken for a bad row, and a resync advised."""
    mended()
    state = sound()
    assert state.subscription is not None
    failed = replace(state.subscription, apply_errors=1)
    away, stopped = replace(failed, worker_running=False), {"confl_insert_exists": 1}

    back = replace(state, subscription=failed, lag_bytes=4096, lag_seconds=0.1)
    gone = replace(back, subscription=away)
    blocked = replace(back, subscription=replace(away, conflicts=stopped))

    assert findings(back) == []
    assert [finding.what for finding in findings(gone)] == [
        "No apply worker runs; the replica's log says why."
    ]
    assert [str(finding) for finding in findings(blocked)] == [
        "The apply worker has failed 1 time (confl_insert_exists 1); the replica's log names the row."
        " — manage.py replication resync"
    ]


def test_a_primary_without_a_cap_is_found(mended: Replicated) -> None:
    mended()
    state = sound()
    assert state.slot is not None

    capless = replace(state, slot=replace(state.slot, cap_bytes=None, left_bytes=None))
    narrow = replace(state, slot=replace(state.slot, left_bytes=1 << 20))

    assert findings(capless)[0].what.startswith("Nothing caps the WAL kept for a dead replica")
    assert findings(narrow)[0].what == "The slot is lost after 1,048,576 more bytes of WAL."


def sound() -> ReplicationStatus:
    """Once the walsender has heard that all is applied."""
    until(lambda: replication_status().lag_bytes == 0, "nothing is left to apply")
    return replication_status()


def skipped() -> int:
    subscription = replication_status().subscription
    return subscription.skipped if subscription else 0


def slots() -> list[str]:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT slot_name FROM pg_replication_slots WHERE database = current_database()")
        return [name for (name,) in cursor.fetchall()]


def flushed() -> str:
    """After what is committed has been flushed; commits need not wait for it."""
    with connections["default"].cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT pg_current_wal_flush_lsn()::text")
        return str(cursor.fetchone()[0])


def confirmed_past(lsn: str) -> bool:
    """Whether the slot's subscriber has reported all up to `lsn` as flushed."""
    query = "SELECT confirmed_flush_lsn >= %s::pg_lsn FROM pg_replication_slots WHERE slot_name = %s"
    with connections["default"].cursor() as cursor:
        cursor.execute(query, [lsn, settings.REPLICATION_SLOT])
        return bool(cursor.fetchone()[0])


def slot_active() -> bool:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT active FROM pg_replication_slots WHERE slot_name = %s", [settings.REPLICATION_SLOT]
        )
        return bool(cursor.fetchone()[0])


def run(alias: str, statement: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)
