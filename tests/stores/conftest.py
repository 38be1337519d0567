"""What tests of the stores share: a way to be without one, as the settings would have it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import mongoengine
import pytest
from django.conf import settings
from django.db import connections
from django.test import override_settings

from streaming.stores import documents
from tests.conftest import one_worker_at_a_time

CLOSED_PORT = 1  # nothing listens there, so the refusal comes at once
PROBED_AS = {"catalog": "catalog", "analytics": "default", "replica": "analytics_replica"}


@pytest.fixture
def without(stores: None) -> Iterator[Callable[[str], None]]:
    """Call it with a store's name (as probes have it): its address is a closed port for the rest of the test."""
    with ExitStack() as stack:
        yield lambda store: stack.enter_context(_away(store))


@contextmanager
def _away(store: str) -> Iterator[None]:
    if store in PROBED_AS:
        with _database_away(PROBED_AS[store]):
            yield
    elif store == "reviews":
        with _documents_away():
            yield
    elif store == "cache":
        away = {**settings.CACHES["default"], "LOCATION": _at_closed_port(settings.CACHES["default"]["LOCATION"])}
        with override_settings(CACHES={"default": away}):
            yield
    else:
        with override_settings(STATE_URL=_at_closed_port(settings.STATE_URL)):
            yield


@contextmanager
def _database_away(alias: str) -> Iterator[None]:
    connection = connections[alias]
    port = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = CLOSED_PORT
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["PORT"] = port


@contextmanager
def _documents_away() -> Iterator[None]:
    mongoengine.disconnect()
    try:
        with override_settings(MONGODB_URL=_at_closed_port(settings.MONGODB_URL)):
            documents.connect_documents()
            yield
    finally:
        mongoengine.disconnect()
        documents.connect_documents()


def _at_closed_port(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.hostname}:{CLOSED_PORT}").geturl()


@pytest.fixture
def alone_on_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """For tests that set up replication or federation: their roles are the whole server's, and so every worker's."""
    with one_worker_at_a_time(tmp_path_factory):
        yield
