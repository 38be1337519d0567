"""When reads may use the replica: whole, not too old, and with the viewer's own last write."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connections, transaction
from django.test.utils import CaptureQueriesContext
from prometheus_client import REGISTRY
from pytest_django import Settings

from analytics.models import User
from analytics.replication import published_columns
from streaming.stores import redis, replica
from streaming.stores.outage import StoreUnavailable
from streaming.stores.replication import setup, tokens
from streaming.stores.statements import scalar
from tests.factories import UserFactory
from tests.lagging import stuck_replica
from tests.outages import away
from tests.served import until

LONG = timedelta(hours=1)
ADA = UUID(int=1)


@pytest.fixture
def fresh(replicated: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process knows that has not read yet; it is asked anew each time, and has seen the replica well."""
    monkeypatch.setattr(replica, "_process", replica._Process())
    monkeypatch.setattr(replica, "ANSWER_KEPT", timedelta(0))
    replicated()
    until(replica.usable, "the replica is seen to have caught up")


@pytest.fixture
def breakable(fresh: None, replicated: Callable[[], None], alone_on_servers: None) -> Iterator[None]:
    """For tests that change the subscription, which is the whole session's."""
    yield
    setup.set_up(published_columns())
    replicated()


@pytest.mark.parametrize("state", ["i", "d", "f", "s"])
def test_a_replica_with_one_table_still_being_copied_is_not_usable(breakable: None, state: str) -> None:
    """Half a table would be answered as all there is."""
    one = "WHERE srrelid = 'users'::regclass"
    with connections["analytics_replica"].cursor() as cursor:
        # In a transaction that is rolled back, so that no worker of the subscription sees the state.
        cursor.execute(f"BEGIN; UPDATE pg_subscription_rel SET srsubstate = '{state}' {one}")
        assert replica.usable() is False
        assert refused() == "not_ready"
        cursor.execute("ROLLBACK")
    assert replica.usable() is True


def test_a_disabled_subscription_is_not_usable(breakable: None) -> None:
    run("analytics_replica", "ALTER SUBSCRIPTION analytics_sub DISABLE")
    assert refused() == "not_ready"

    run("analytics_replica", "ALTER SUBSCRIPTION analytics_sub ENABLE")
    until(replica.usable, "the replica is usable again")


def test_a_replica_without_subscription_is_not_usable(breakable: None) -> None:
    run("analytics_replica", "ALTER SUBSCRIPTION analytics_sub DISABLE")
    run("analytics_replica", "ALTER SUBSCRIPTION analytics_sub SET (slot_name = NONE)")
    run("analytics_replica", "DROP SUBSCRIPTION analytics_sub")

    assert refused() == "not_ready"


def test_the_answer_is_kept(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica, "ANSWER_KEPT", LONG)

    with (
        CaptureQueriesContext(connections["analytics_replica"]) as asked,
        CaptureQueriesContext(connections["default"]) as sampled,
    ):
        assert [replica.usable() for _ in range(3)] == [True] * 3

    assert (len(asked), len(sampled)) == (1, 1)


def test_while_one_thread_asks_the_others_take_the_last_answer(fresh: None) -> None:
    """All would wait for a primary that is silent; but an answer from long ago is none."""
    with replica._process.lock:
        assert replica.usable() is True
        replica._process.holds_until -= replica.ANSWERED_WITHIN.total_seconds()
        assert replica.usable() is False


def test_a_replica_that_is_away_is_skipped_for_a_moment(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica, "SKIPPED_AFTER_FAILURE", LONG)
    with away("replica"):
        assert refused() == "failed"

    assert refused() == "failed"
    replica.forget()
    assert refused() == ""


def test_a_read_that_fails_has_the_next_ones_skip_the_replica(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each read of a frozen replica leaves a connection of the catalog's database hanging."""
    monkeypatch.setattr(replica, "SKIPPED_AFTER_FAILURE", LONG)
    with pytest.raises(StoreUnavailable, match=r"^replica is not available$"), replica.reading():
        raise OperationalError("no answer")

    assert refused() == "failed"


def test_a_mistake_in_a_read_is_no_outage(fresh: None) -> None:
    with pytest.raises(ZeroDivisionError), replica.reading():
        _ = 1 / 0

    assert refused() == ""


def test_before_set_up_the_replica_is_not_read(fresh: None, alone_on_servers: None) -> None:
    """New code starts while the function is not there yet: a read is no error, and no read."""
    run("analytics_replica", "ALTER VIEW replication.position RENAME TO elsewhere")
    try:
        assert refused() == "not_set_up"
    finally:
        run("analytics_replica", "ALTER VIEW replication.elsewhere RENAME TO position")


def test_a_process_that_never_saw_the_replica_caught_up_does_not_read_it(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica, "_process", replica._Process())
    with stuck_replica():
        UserFactory()
        until(flushed, "the primary could send it")
        assert refused() == "unproven"
    until(replica.usable, "the replica is usable")


def test_a_stuck_worker_has_the_replica_left_at_the_limit_and_used_again_when_it_has_caught_up(
    fresh: None, settings: Settings
) -> None:
    """`pg_stat_replication.replay_lag` stays small all the while."""
    settings.REPLICA_LAG_LIMIT_SECONDS = 1
    with stuck_replica():
        UserFactory()
        assert refused() == ""
        until(lambda: refused() == "lagging", "the replica is given up")
        assert replica._process.lag.proven_at is not None
        assert 1 <= replica._process.lag.sampled_at - replica._process.lag.proven_at < 5
    until(replica.usable, "the replica is usable again")


def test_without_the_primary_the_last_answer_stands(
    fresh: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written there either, and the replica is all there is."""
    settings.REPLICA_LAG_LIMIT_SECONDS = 0
    monkeypatch.setattr(replica, "SKIPPED_AFTER_FAILURE", timedelta(0))
    with away("analytics"):
        assert [refused() for _ in range(3)] == ["", "", ""]
        tokens.note(replica.NO_POSITION, user_id=ADA)
        assert refused(user_id=ADA) == "own_write"


def test_a_primary_that_failed_is_not_asked_again_at_once(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A silent one would cost every check its whole limit."""
    monkeypatch.setattr(replica, "SKIPPED_AFTER_FAILURE", LONG)
    with away("analytics"):
        assert refused() == ""

    with CaptureQueriesContext(connections["default"]) as sampled:
        assert refused() == ""

    assert len(sampled) == 0


def test_a_viewer_s_own_reads_wait_for_the_own_write_and_no_others_do(fresh: None) -> None:
    with stuck_replica():
        user = UserFactory()
        replica.wrote(user.user_id)
        assert refused(user_id=user.user_id) == "own_write"
        assert refused(user_id=uuid4()) == ""
        assert refused() == ""
    until(lambda: refused(user_id=user.user_id) == "", "the write is applied")


def test_within_a_transaction_of_the_catalog_an_own_write_is_not_looked_up(fresh: None) -> None:
    """Position and rows would be read in one transaction there, and the rows could be older than the position."""
    replica.wrote(ADA)
    until(lambda: refused(user_id=ADA) == "", "the write is applied")

    with transaction.atomic(using="catalog"):
        assert refused(user_id=ADA) == "own_write"
        assert refused(user_id=uuid4()) == ""


def test_without_the_state_nobody_s_own_data_is_read_until_the_replica_is_past_its_return(
    fresh: None,
) -> None:
    with away("state"):
        assert refused(user_id=ADA) == "state_away"
        assert refused() == ""

    with stuck_replica():
        UserFactory()
        until(flushed, "the primary could send it")
        assert [refused(user_id=ADA) for _ in range(3)] == ["state_away"] * 3
    until(lambda: refused(user_id=ADA) == "", "own data is read again")


def test_a_write_whose_token_the_state_does_not_take_is_waited_for(fresh: None) -> None:
    before = unnoted()
    with away("state"):
        user = UserFactory()
        replica.wrote(user.user_id)

        assert User.objects.using("analytics_replica").values("pk").filter(pk=user.pk).exists()
    assert replica._process.owed == 0
    assert unnoted() == before + 1


def test_a_write_that_neither_the_state_nor_the_replica_takes_holds_up_everyone_s_own_reads(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica, "APPLY_LIMIT", timedelta(milliseconds=20))
    with stuck_replica():
        with away("state"):
            replica.wrote(UserFactory().user_id)
        owed = replica._process.owed
        assert owed > 0
        refused(user_id=ADA)

        # Another process learns of it by the state.
        assert tokens.needed(user_id=ADA) == owed
        assert replica._process.owed == 0
        monkeypatch.setattr(replica._process, "state_back_at", None)
        assert refused(user_id=ADA) == "own_write"
    until(lambda: refused(user_id=ADA) == "", "the write is applied")


def test_what_is_owed_is_changed_by_one_thread_at_a_time(fresh: None) -> None:
    """A debt that came while another was settled, or with another, was forgotten, and so was the write."""
    with replica._process.owing:
        writers = [threading.Thread(target=replica._owe, args=(lsn,)) for lsn in (7, 9, 8)]
        for writer in writers:
            writer.start()
        writers[0].join(timeout=0.1)
        assert [writer.is_alive() for writer in writers] == [True] * 3
        assert replica._process.owed == 0
    for writer in writers:
        writer.join()

    assert replica._process.owed == 9
    replica._settle()
    assert (replica._process.owed, tokens.needed(user_id=ADA)) == (0, 9)


def test_a_primary_that_dies_after_the_commit_leaves_a_token_that_nothing_is_past(fresh: None) -> None:
    with away("analytics"):
        replica.wrote(ADA)

    assert tokens.needed(user_id=ADA) == replica.NO_POSITION
    assert refused(user_id=ADA) == "own_write"
    assert redis.state().ttl(f"replica:wrote:{ADA}") > 0


def test_the_own_write_is_asked_for_on_the_connection_that_reads(fresh: None) -> None:
    replica.wrote(ADA)
    until(lambda: refused(user_id=ADA) == "", "the write is applied")

    with CaptureQueriesContext(connections["catalog"]) as asked:
        assert refused(user_id=ADA) == ""

    assert [query["sql"] for query in asked] == ["SELECT applied FROM analytics.replica_position"]


def test_threads_that_write_and_read_never_miss_an_own_row(
    fresh: None, replicated: Callable[[], None]
) -> None:
    """The rule as a property, on as many real connections as there are threads."""
    outcomes: list[tuple[bool, str]] = []
    threads = [threading.Thread(target=write_and_read, args=(outcomes, 40)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(outcomes) == 240
    assert [outcome for outcome in outcomes if outcome == (False, "")] == []
    assert sum(reason == "" for _, reason in outcomes) > 20


def write_and_read(outcomes: list[tuple[bool, str]], times: int) -> None:
    """Whether the replica showed each row, and why it was not read."""
    try:
        for _ in range(times):
            user = UserFactory(username=uuid4().hex)
            replica.wrote(user.user_id)
            for _ in range(3):  # at once, and perhaps applied by then
                reason = refused(user_id=user.user_id)
                if not reason:
                    break
            shown = False
            if not reason:
                with closing(connections["catalog"].copy()) as other, other.cursor() as cursor:
                    cursor.execute("SELECT FROM analytics.users WHERE user_id = %s", [user.user_id])
                    shown = cursor.fetchone() is not None
            outcomes.append((shown, reason))
    finally:
        connections.close_all()


def refused(*, user_id: UUID | None = None) -> str:
    """Why a read would do without the replica; empty when it would not."""
    try:
        with replica.reading(user_id=user_id):
            return ""
    except StoreUnavailable as error:
        return replica.reason_of(error)


def flushed() -> bool:
    """Whether what is committed on the primary is in its log on disk: before, the replica is not behind."""
    return scalar("default", "SELECT pg_current_wal_flush_lsn() >= pg_current_wal_insert_lsn()") is True


def unnoted() -> float:
    return REGISTRY.get_sample_value("streaming_replica_unnoted_writes_total") or 0.0


def run(alias: str, statement: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)
