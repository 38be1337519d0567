"""When reads may use the replica: only a whole copy counts, a failure has it skipped, and the answer is kept."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError, connections
from django.test.utils import CaptureQueriesContext

from analytics.replication import published_columns
from streaming.stores import replica
from streaming.stores.outage import StoreUnavailable
from streaming.stores.replication import setup
from tests.outages import away

LONG = timedelta(hours=1)


@pytest.fixture
def breakable(
    replicated: Callable[[], None], alone_on_servers: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """For tests that change the subscription, which is the whole session's."""
    monkeypatch.setattr(replica, "ANSWER_KEPT", timedelta(0))
    yield
    setup.set_up(published_columns())
    replicated()


def test_a_replica_with_every_table_copied_is_usable(replicated: Callable[[], None]) -> None:
    replicated()

    assert replica.usable() is True


@pytest.mark.parametrize("state", ["i", "d", "f", "s"])
def test_a_replica_with_one_table_still_being_copied_is_not(breakable: None, state: str) -> None:
    """Half a table would be answered as all there is."""
    one = "WHERE srrelid = 'users'::regclass"
    with connections["analytics_replica"].cursor() as cursor:
        # In a transaction that is rolled back, so that no worker of the subscription sees the state.
        cursor.execute(f"BEGIN; UPDATE pg_subscription_rel SET srsubstate = '{state}' {one}")
        assert replica.usable() is False
        cursor.execute("ROLLBACK")
    assert replica.usable() is True


def test_a_disabled_subscription_is_not_usable(breakable: None) -> None:
    run("analytics_replica", "ALTER SUBSCRIPTION analytics_sub DISABLE")
    assert replica.usable() is False

    run("analytics_replica", "ALTER SUBSCRIPTION analytics_sub ENABLE")
    assert replica.usable() is True


def test_a_replica_without_subscription_is_not_usable(breakable: None) -> None:
    run("analytics_replica", "ALTER SUBSCRIPTION analytics_sub DISABLE")
    run("analytics_replica", "ALTER SUBSCRIPTION analytics_sub SET (slot_name = NONE)")
    run("analytics_replica", "DROP SUBSCRIPTION analytics_sub")

    assert replica.usable() is False


def test_the_answer_is_kept(replicated: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    replicated()
    monkeypatch.setattr(replica, "ANSWER_KEPT", LONG)

    with CaptureQueriesContext(connections["analytics_replica"]) as asked:
        assert [replica.usable() for _ in range(3)] == [True] * 3

    assert len(asked) == 1


def test_a_replica_that_is_away_is_skipped_for_a_moment(
    replicated: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica, "SKIPPED_AFTER_FAILURE", LONG)
    replicated()
    with away("replica"):
        assert replica.usable() is False

    assert replica.usable() is False
    replica.forget()
    assert replica.usable() is True


def test_a_read_that_fails_has_the_next_ones_skip_the_replica(
    replicated: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each read of a frozen replica leaves a connection of the catalog's database hanging."""
    monkeypatch.setattr(replica, "SKIPPED_AFTER_FAILURE", LONG)
    replicated()
    with pytest.raises(StoreUnavailable, match=r"^replica is not available$"), replica.reading():
        raise OperationalError("no answer")

    with pytest.raises(StoreUnavailable) as skipped, replica.reading():
        raise AssertionError("read all the same")

    assert isinstance(skipped.value.__cause__, replica.ReplicaSkipped)


def test_a_mistake_in_a_read_is_no_outage(replicated: Callable[[], None]) -> None:
    replicated()
    with pytest.raises(ZeroDivisionError), replica.reading():
        _ = 1 / 0

    assert replica.usable() is True


def run(alias: str, statement: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)
