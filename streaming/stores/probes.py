"""Is each store there? One probe per store, shared by `/readyz`, `manage.py status` and the tests.

A probe asks the smallest real question that also tells the version, and never raises for an outage: it reports
it. Bounded by `PROBE_LIMIT` under the web server; a command enters `guarded` of `streaming.stores.deadline` first.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import InterfaceError, connections
from django.db.utils import DatabaseError
from pymongo.errors import PyMongoError
from redis import Redis
from redis.exceptions import RedisError

from streaming.stores import documents, redis
from streaming.stores.addresses import address_of
from streaming.stores.aliases import ANALYTICS, CATALOG, REPLICA
from streaming.stores.deadline import within
from streaming.stores.outage import discard_broken_connections
from streaming.stores.refusal import first_line
from streaming.stores.replication.fencing import fenced
from streaming.stores.replication.position import lag_bytes

PROBE_LIMIT = timedelta(milliseconds=250)
RAISED_BY_STORES = (DatabaseError, InterfaceError, RedisError, PyMongoError)


@dataclass(frozen=True)
class Probe:
    """What a store said. `problem` is empty when it is well; `reason` is the driver's own sentence for it.

    `version` is the product and its number, empty while the store does not answer.
    """

    store: str
    mandatory: bool
    milliseconds: float
    problem: str
    reason: str
    address: str
    version: str

    @property
    def ok(self) -> bool:
        return not self.problem


def probe_all(limit: timedelta = PROBE_LIMIT) -> list[Probe]:
    """`limit` is each store's."""
    return [_probe(store, mandatory, address(), ask, limit) for store, mandatory, address, ask in PROBES]


def replication_lag() -> int | None:
    """Bytes the replica is behind; None while the primary cannot say, or has no slot for it."""
    try:
        with within(PROBE_LIMIT):
            return lag_bytes()
    except DatabaseError:
        discard_broken_connections()
        return None


def primary_fenced() -> bool:
    """Whether a promotion keeps writers off the primary; False while it cannot say."""
    try:
        with within(PROBE_LIMIT):
            return fenced(ANALYTICS)
    except DatabaseError:
        discard_broken_connections()
        return False


def _probe(store: str, mandatory: bool, address: str, ask: Callable[[], str], limit: timedelta) -> Probe:
    started = time.perf_counter()
    problem = reason = version = ""
    try:
        with within(limit):
            version = ask()
    except RAISED_BY_STORES as error:
        discard_broken_connections()
        problem, reason = type(error).__name__, first_line(error)
    milliseconds = round((time.perf_counter() - started) * 1000, 1)
    return Probe(store, mandatory, milliseconds, problem, reason, address, version)


def _database(alias: str) -> Callable[[], str]:
    def ask() -> str:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version')")
            (version,) = cursor.fetchone()
        return f"PostgreSQL {version.partition(' ')[0]}"

    return ask


def _documents() -> str:
    return f"MongoDB {documents.document_client().admin.command('buildInfo')['version']}"


def _redis(client: Callable[[], Redis]) -> Callable[[], str]:
    def ask() -> str:
        """PING as well: a server that still loads its file answers INFO."""
        pipeline = client().pipeline(transaction=False)
        pipeline.ping()
        pipeline.info("server")
        _, facts = pipeline.execute()
        valkey = facts.get("valkey_version")
        return f"Valkey {valkey}" if valkey else f"Redis {facts['redis_version']}"

    return ask


def _address_of(alias: str) -> Callable[[], str]:
    return lambda: str(address_of(alias))


def _address_in(url: Callable[[], str]) -> Callable[[], str]:
    """Host and port, without the credentials that a URL may carry."""
    return lambda: urlsplit(url()).netloc.rpartition("@")[2]


PROBES: tuple[tuple[str, bool, Callable[[], str], Callable[[], str]], ...] = (
    ("catalog", True, _address_of(CATALOG), _database(CATALOG)),
    ("analytics", False, _address_of(ANALYTICS), _database(ANALYTICS)),
    ("replica", False, _address_of(REPLICA), _database(REPLICA)),
    ("reviews", False, _address_in(lambda: settings.MONGODB_URL), _documents),
    ("cache", False, _address_in(lambda: str(settings.CACHES["default"]["LOCATION"])), _redis(redis.cache)),
    ("state", False, _address_in(lambda: settings.STATE_URL), _redis(redis.state)),
)
