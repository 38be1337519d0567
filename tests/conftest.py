"""Fixtures of the whole suite. `stores` is the one for tests of data: real stores, real commits, empty at the start.

Nothing here replaces a store: the catalog, the analytics primary with a real subscriber, the documents and both
Redis servers are the processes that `python -m dev` started for this run.
"""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connections
from django.test.utils import setup_databases, teardown_databases
from mongoengine.connection import get_db
from pytest_django.plugin import DjangoDbBlocker
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import RefreshToken

from analytics.models import User
from analytics.replication import published_column_types, published_columns
from catalog.samples import forget_samples
from dev import citus
from reviews.documents import Review
from streaming.stores import redis, replica
from streaming.stores.aliases import REPLICA
from streaming.stores.federation import setup as federation
from streaming.stores.replication import position, setup
from tests import distributed
from tests.emptying import empty_analytics, empty_catalog
from tests.environment import CATALOG_LIES, DISTRIBUTED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`make test` leaves to `make test-citus` what that runs; where there is no Citus, the tests' own marks say so."""
    if CATALOG_LIES != "plain" or citus.find(None) is None:
        return
    for item in items:
        if item.get_closest_marker("citus"):
            item.add_marker(pytest.mark.skip(reason="needs Citus: run by `make test-citus`"))


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """The test databases, joined as in production: publication, subscription, foreign tables, indexes.

    In place of pytest-django's own, which makes only the databases that marks name; `stores` needs them all.
    """
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, serialized_aliases=set())
        with one_worker_at_a_time(tmp_path_factory):
            if DISTRIBUTED:
                distributed.distribute()
            setup.set_up(published_columns())
            federation.set_up(published_column_types())
        Review.ensure_indexes()
        position.wait_until_applied(30)
    yield
    with django_db_blocker.unblock():
        get_db().client.drop_database(get_db().name)
        with connections[REPLICA].cursor() as cursor:
            cursor.execute(f"DROP SUBSCRIPTION {setup.SUBSCRIPTION}")  # its database could not be dropped
        if DISTRIBUTED:
            distributed.drop_from_workers()
        teardown_databases(made, verbosity=0)


@contextmanager
def one_worker_at_a_time(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Roles belong to the whole server: two workers altering one at once is an error of PostgreSQL's."""
    with (tmp_path_factory.getbasetemp().parent / "roles.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture
def stores(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Every store, reachable and empty. What a test commits is really committed, replicated and later deleted."""
    with django_db_blocker.unblock():
        _empty()
        yield
        _empty()


def _empty() -> None:
    empty_catalog()
    empty_analytics()
    Review._get_collection().delete_many({})
    redis.cache().flushdb()
    redis.state().flushdb()
    replica.forget()
    forget_samples()


@pytest.fixture
def replicated(stores: None) -> Callable[[], None]:
    """Call it to wait until the replica, and so the foreign tables, show what was committed."""
    return lambda: position.wait_until_applied(30)  # on a loaded machine, too


@pytest.fixture
def api() -> APIClient:
    return APIClient()


@pytest.fixture
def as_viewer(stores: None) -> Callable[[User], APIClient]:
    """A client that sends the viewer's access token."""

    def client(viewer: User) -> APIClient:
        token = RefreshToken.for_user(viewer).access_token
        return APIClient(headers={"authorization": f"Bearer {token}"})

    return client
