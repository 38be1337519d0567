"""What counts as an outage and what does not, and that work goes on after one."""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta

import pymongo.errors
import pytest
import redis.exceptions
from django.db import (
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    connections,
    transaction,
)
from prometheus_client import REGISTRY
from rest_framework.test import APIClient

from streaming.stores.deadline import remaining
from streaming.stores.outage import StoreUnavailable, optional, unavailable_as
from streaming.stores.redis import state
from tests.factories import GenreFactory, ReviewFactory, UserFactory

LIMIT = timedelta(seconds=10)


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("server closed the connection unexpectedly"),
        InterfaceError("connection already closed"),
        InternalError("could not find valid entry for shard 102076"),
        redis.exceptions.ConnectionError("refused"),
        redis.exceptions.TimeoutError("silent"),
        redis.exceptions.BusyLoadingError("loading"),
        redis.exceptions.ReadOnlyError("a replica"),
        redis.exceptions.OutOfMemoryError("full"),
        pymongo.errors.AutoReconnect("gone"),
        pymongo.errors.ServerSelectionTimeoutError("nobody"),
        pymongo.errors.NetworkTimeout("silent"),
        pymongo.errors.ExecutionTimeout("slow"),
        pymongo.errors.WaitQueueTimeoutError("busy"),
        pymongo.errors.NotPrimaryError("stepped down"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_dead_refusing_or_silent_server_is_an_outage(error: Exception) -> None:
    with pytest.raises(StoreUnavailable, match=r"^the store is not available$") as raised:
        with unavailable_as("the store"):
            raise error

    assert raised.value.store == "the store"
    assert raised.value.__cause__ is error


@pytest.mark.parametrize(
    "error",
    [
        IntegrityError("duplicate key"),
        DataError("out of range"),
        InternalError("could not commit transaction for shard 102076"),
        redis.exceptions.ResponseError("wrong type"),
        redis.exceptions.DataError("no bytes"),
        pymongo.errors.DuplicateKeyError("twice"),
        pymongo.errors.OperationFailure("not allowed"),
        ValueError("a bug"),
        TimeoutError("not a store's"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_anything_else_passes_through(error: Exception) -> None:
    with pytest.raises(type(error)) as raised, unavailable_as("the store"):
        raise error

    assert raised.value is error


def test_a_constraint_of_the_database_passes_through(stores: None) -> None:
    GenreFactory(name="Drama")

    with pytest.raises(IntegrityError, match="genres_name"), unavailable_as("catalog"):
        GenreFactory(name="Drama")


def test_a_constraint_of_the_documents_passes_through(stores: None) -> None:
    review = ReviewFactory()

    with pytest.raises(Exception, match=r"duplicate|unique|E11000") as raised, unavailable_as("reviews"):
        ReviewFactory(content_id=review.content_id, user_id=review.user_id)

    assert not isinstance(raised.value, StoreUnavailable)


@pytest.fixture
def fenced(stores: None) -> Iterator[None]:
    """As sessions of the analytics primary are while it is handed over to its replica."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        yield
        cursor.execute("SET default_transaction_read_only = off")


def test_a_database_that_takes_no_writes_is_an_outage(fenced: None) -> None:
    with pytest.raises(StoreUnavailable), unavailable_as("analytics"):
        UserFactory()


def test_a_write_to_a_fenced_primary_is_answered_503(fenced: None, api: APIClient) -> None:
    """It was a 500: PostgreSQL's refusal is none of Django's operational errors."""
    viewer = {"username": "ada", "email": "ada@example.org", "password": "correct horse battery"}

    answer = api.post("/api/v1/auth/register", viewer, format="json")

    assert answer.status_code == 503
    assert answer.json()["code"] == "store_unavailable"


def test_a_wrong_command_passes_through(stores: None) -> None:
    state().set("text", "one")

    with pytest.raises(redis.exceptions.ResponseError), unavailable_as("state"):
        state().incr("text")


def test_a_connection_that_died_is_replaced_within_the_same_request(stores: None) -> None:
    kill_own_backend("catalog")

    with pytest.raises(StoreUnavailable), unavailable_as("catalog"):
        select_one("catalog")

    assert select_one("catalog") == 1


def test_a_connection_that_died_in_a_transaction_stays_dead_until_its_end(stores: None) -> None:
    """A new one inside the block would run its second half outside the transaction."""
    with pytest.raises(StoreUnavailable), unavailable_as("catalog"), transaction.atomic(using="catalog"):
        select_one("catalog")
        kill_own_backend("catalog")
        with pytest.raises(StoreUnavailable), unavailable_as("catalog"):
            select_one("catalog")
        with unavailable_as("catalog"):
            select_one("catalog")

    assert select_one("catalog") == 1


def test_what_is_optional_and_there_is_used_in_time() -> None:
    degraded: list[str] = []

    left = optional("state", remaining, limit=LIMIT, degraded=degraded)

    assert left is not None
    assert 9 < left <= 10
    assert degraded == []


def test_what_is_optional_and_away_is_named_logged_and_counted_once(
    without: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    without("state")
    degraded = ["reviews"]
    before = degraded_count()

    with caplog.at_level(logging.WARNING, "streaming.stores.outage"):
        assert optional("state", lambda: state().ping(), limit=LIMIT, degraded=degraded) is None

    assert degraded == ["reviews", "state"]
    assert [record.getMessage().split(":")[0] for record in caplog.records] == ["answered without state"]
    assert degraded_count() == before + 1


def test_a_bug_in_what_is_optional_is_not_swallowed() -> None:
    degraded: list[str] = []

    with pytest.raises(ZeroDivisionError):
        optional("state", lambda: 1 / 0, limit=LIMIT, degraded=degraded)

    assert degraded == []


def kill_own_backend(alias: str) -> None:
    """As when the server ends: the client learns of it with its next statement."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    other = connections[alias].copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
    other.close()


def select_one(alias: str) -> int:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT 1")
        return int(cursor.fetchone()[0])


def degraded_count() -> float:
    return REGISTRY.get_sample_value("streaming_degraded_total", {"store": "state"}) or 0.0
