"""Being without a store: its address in the settings leads to a port where nothing listens.

For what a process does that cannot connect; servers that really die or freeze are in `tests.faults`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import mongoengine
from django.conf import settings
from django.db import connections
from django.test import override_settings

from streaming.stores import documents

CLOSED_PORT = 1  # nothing listens there, so the refusal comes at once
PROBED_AS = {"catalog": "catalog", "analytics": "default", "replica": "analytics_replica"}


@contextmanager
def away(store: str) -> Iterator[None]:
    """The store, named as the probes name it, is at a closed port while the block runs."""
    if store in PROBED_AS:
        with _database_away(PROBED_AS[store]):
            yield
    elif store == "reviews":
        with _documents_away():
            yield
    elif store == "cache":
        cache: dict[str, Any] = settings.CACHES["default"]
        address = _at_closed_port(cache["LOCATION"])
        with override_settings(CACHES={"default": {**cache, "LOCATION": address}}):
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
