"""One operation on the replica at a time, and none without knowing that it is alone."""

from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest
from django.db import connections

from analytics.replication import published_columns
from streaming.stores.replication import leaving, setup
from streaming.stores.replication.leaving import AnotherAtWork, alone_on_replica, require_alone
from streaming.stores.replication.promotion import promoting

REPLICA = "analytics_replica"


@pytest.fixture
def another_at_work(stores: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(leaving, "SECONDS_FOR_LOCK", 0.0)
    with closing(psycopg2.connect(**connections[REPLICA].get_connection_params())) as other:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [leaving.LOCK])
        yield


def test_nothing_is_set_up_while_another_is_at_work(another_at_work: None) -> None:
    """It took no lock, and emptied tables that a resync had just filled."""
    with pytest.raises(AnotherAtWork):
        setup.set_up(published_columns())


def test_no_promotion_is_taken_back_while_it_is_under_way(another_at_work: None) -> None:
    """It took no lock: writers came back behind a promotion that had copied their tables."""
    with pytest.raises(AnotherAtWork):
        promoting.undo(note=print)


def test_the_lock_ends_with_the_outermost_block(stores: None) -> None:
    with alone_on_replica():
        with alone_on_replica():
            require_alone()
        require_alone()

    with pytest.raises(AnotherAtWork):
        require_alone()


def test_a_lock_that_was_lost_with_its_session_is_noticed(stores: None) -> None:
    """A status that a slow server did not answer in time closed the session, and the promotion went on."""
    with alone_on_replica():
        connections[REPLICA].close()

        with pytest.raises(AnotherAtWork, match=r"was lost: run it again$"):
            require_alone()
