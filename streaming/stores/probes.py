"""Is each store there? One probe per store, shared by `/readyz`, the commands and the tests.

A probe asks the smallest real question and never raises for an outage: it reports it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import connections
from django.db.utils import DatabaseError
from pymongo.errors import PyMongoError
from redis.exceptions import RedisError

from streaming.stores import documents, redis
from streaming.stores.aliases import ANALYTICS, CATALOG, REPLICA
from streaming.stores.deadline import within
from streaming.stores.outage import discard_broken_connections
from streaming.stores.replication.position import lag_bytes

PROBE_LIMIT = timedelta(milliseconds=250)


@dataclass(frozen=True)
class Probe:
    """What a store said. `problem` is empty when it is well."""

    store: str
    mandatory: bool
    milliseconds: float
    problem: str

    @property
    def ok(self) -> bool:
        return not self.problem


def probe_all() -> list[Probe]:
    return [_probe(store, mandatory, ask) for store, mandatory, ask in PROBES]


def replication_lag() -> int | None:
    """Bytes the replica is behind; None while the primary cannot say, or nobody applies its changes."""
    try:
        with within(PROBE_LIMIT):
            return lag_bytes()
    except DatabaseError:
        discard_broken_connections()
        return None


def _probe(store: str, mandatory: bool, ask: Callable[[], object]) -> Probe:
    started = time.perf_counter()
    problem = ""
    try:
        with within(PROBE_LIMIT):
            ask()
    except (DatabaseError, RedisError, PyMongoError) as error:
        discard_broken_connections()
        problem = type(error).__name__
    return Probe(store, mandatory, round((time.perf_counter() - started) * 1000, 1), problem)


def _select_one(alias: str) -> Callable[[], object]:
    def ask() -> None:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")

    return ask


PROBES: tuple[tuple[str, bool, Callable[[], object]], ...] = (
    ("catalog", True, _select_one(CATALOG)),
    ("analytics", False, _select_one(ANALYTICS)),
    ("replica", False, _select_one(REPLICA)),
    ("reviews", False, lambda: documents.document_client().admin.command("ping")),
    ("cache", False, lambda: redis.cache().ping()),
    ("state", False, lambda: redis.state().ping()),
)
