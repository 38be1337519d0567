"""Deadlines: they nest, and psycopg2 keeps them once it is guarded."""

import socket
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError, connections
from psycopg2 import extensions

from streaming.stores.deadline import guard_postgres, remaining, within
from streaming.stores.outage import StoreUnavailable, unavailable_as

HOUR = timedelta(hours=1)
SHORT = timedelta(milliseconds=200)
LATE = timedelta(seconds=3)  # far below the five seconds asked for, far above the deadline on a busy machine


@pytest.fixture
def guarded(stores: None) -> Iterator[None]:
    """The guard of the web server, in this process, until the test ends."""
    guard_postgres()
    yield
    extensions.set_wait_callback(None)


def test_nothing_bounds_work_without_a_deadline() -> None:
    assert remaining() is None


def test_an_inner_deadline_may_be_earlier_and_ends_with_its_block() -> None:
    with within(2 * HOUR):
        with within(HOUR):
            assert 3599 < seconds_left() <= 3600
        assert 7199 < seconds_left() <= 7200
    assert remaining() is None


def test_an_inner_deadline_is_never_later_than_the_outer_one() -> None:
    with within(HOUR), within(2 * HOUR):
        assert 3599 < seconds_left() <= 3600


def test_a_deadline_ends_with_its_block_when_it_raises() -> None:
    with pytest.raises(LookupError), within(HOUR):
        raise LookupError

    assert remaining() is None


def test_a_deadline_that_has_passed_leaves_nothing() -> None:
    with within(timedelta(seconds=-1)):
        assert remaining() == 0.0


@pytest.mark.parametrize("alias", ["default", "catalog", "analytics_replica"])
def test_a_query_past_the_deadline_ends_and_the_next_one_has_a_new_connection(
    guarded: None, alias: str
) -> None:
    backend = backend_of(alias)
    started = time.monotonic()

    with pytest.raises(StoreUnavailable) as raised:
        with unavailable_as(alias), within(SHORT), connections[alias].cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")

    assert time.monotonic() - started < LATE.total_seconds()
    assert isinstance(raised.value.__cause__, OperationalError)
    assert str(raised.value.__cause__) == "the database did not answer before the deadline"
    assert backend_of(alias) != backend
    stop(alias, backend)


def test_without_the_way_to_do_without_the_connection_is_closed_and_says_so(guarded: None) -> None:
    backend = backend_of("catalog")

    with pytest.raises(OperationalError), within(SHORT), connections["catalog"].cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")

    assert connections["catalog"].connection.closed
    connections["catalog"].close_if_unusable_or_obsolete()  # as Django does between requests
    assert backend_of("catalog") != backend
    stop("catalog", backend)


def test_a_query_inside_the_deadline_keeps_its_connection(guarded: None) -> None:
    with within(HOUR):
        assert backend_of("catalog") == backend_of("catalog")


def test_a_guarded_query_without_a_deadline_runs_to_its_end(guarded: None) -> None:
    with connections["catalog"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM generate_series(1, 10000), pg_sleep(0.01)")
        assert cursor.fetchone() == (10_000,)


def test_a_guarded_query_says_what_was_wrong_with_it(guarded: None) -> None:
    connection = connections["catalog"]
    backend = backend_of("catalog")

    with pytest.raises(Exception, match="division by zero"), within(HOUR), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")

    assert backend_of("catalog") == backend


def test_a_new_connection_is_bounded_too(guarded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """To a server that takes it and says nothing: a real one may be as quick as this process comes to look."""
    connection = connections["catalog"]
    connection.close()

    with socket.create_server(("127.0.0.1", 0)) as silent, monkeypatch.context() as elsewhere:
        elsewhere.setitem(connection.settings_dict, "PORT", silent.getsockname()[1])
        with pytest.raises(OperationalError, match="deadline"), within(timedelta(0)):
            connection.ensure_connection()

    assert backend_of("catalog") > 0


def seconds_left() -> float:
    left = remaining()
    assert left is not None
    return left


def backend_of(alias: str) -> int:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def stop(alias: str, backend: int) -> None:
    """Ends the query that nobody waits for, so that the test databases can be dropped."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
