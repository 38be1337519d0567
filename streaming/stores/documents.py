"""The document store's connection, shared by every mongoengine document.

Nothing is contacted here: the driver connects on first use and gives up after `SECONDS_TO_ANSWER`, both for
finding the server and for an operation, instead of its default of 30 seconds.
"""

from typing import Any

import mongoengine
from django.conf import settings
from mongoengine.connection import get_connection
from pymongo import MongoClient

from streaming.stores.timing import DocumentTimes

SECONDS_TO_ANSWER = (
    0.3  # outside any deadline: `streaming.stores.deadline.within` sets its own for what it bounds
)


def connect_documents() -> None:
    """Registers mongoengine's default connection from settings. Idempotent."""
    credentials: dict[str, Any] = {}
    if settings.MONGODB_USER:
        credentials = {"username": settings.MONGODB_USER, "password": settings.MONGODB_PASSWORD}
    mongoengine.connect(
        host=settings.MONGODB_URL,
        alias="default",
        uuidRepresentation="standard",
        tz_aware=True,
        retryWrites=True,
        timeoutMS=int(SECONDS_TO_ANSWER * 1000),
        serverSelectionTimeoutMS=int(SECONDS_TO_ANSWER * 1000),
        connectTimeoutMS=int(SECONDS_TO_ANSWER * 1000),
        event_listeners=[DocumentTimes()],
        **credentials,
    )


def document_client() -> "MongoClient[dict[str, Any]]":
    client: MongoClient[dict[str, Any]] = get_connection()
    return client
