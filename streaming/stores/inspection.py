"""What a store that answers is like: the part it plays, its size, and what is wrong with it.

One function per store. They are what `manage.py status` asks after the probes; replication, federation and the
nodes of Citus have inspections of their own. Failure: the driver's exceptions, as of any question.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from streaming.stores import documents, redis
from streaming.stores.aliases import ANALYTICS, CATALOG, REPLICA
from streaming.stores.citus import cluster, workers
from streaming.stores.findings import Finding
from streaming.stores.migrating import unapplied
from streaming.stores.replication.fencing import fenced
from streaming.stores.statements import scalar
from streaming.stores.units import counted

MIGRATE = "manage.py migrate_stores"
MEMORY_SHARE_FOUND = 0.9


@dataclass(frozen=True)
class Inspection:
    """`size_bytes`: of all the store holds, with indexes; of Redis, the memory used; of a worker that does not
    answer, nothing."""

    role: str
    size_bytes: int
    findings: list[Finding] = field(default_factory=list)


def catalog() -> Inspection:
    missing = _unapplied(CATALOG)
    version = cluster.extension_version()
    if version is None:
        return Inspection("catalog, on one server", _size(CATALOG), missing)
    nodes = workers.listing()
    others = [node for node in nodes if node.role == "worker"]
    return Inspection(
        f"catalog, Citus {version}, {len(others)} {'worker' if len(others) == 1 else 'workers'}",
        _size(CATALOG) + sum(node.size_bytes or 0 for node in others),
        [*missing, *workers.findings(nodes), *cluster.findings()],
    )


def analytics() -> Inspection:
    return Inspection("analytics primary", _size(ANALYTICS), [*_unapplied(ANALYTICS), *_read_only()])


def replica() -> Inspection:
    return Inspection("analytics replica", _size(REPLICA), _unapplied(REPLICA))


def reviews(missing_indexes: Callable[[], Sequence[str]]) -> Inspection:
    """`missing_indexes` asks the collections' owner, which is no part of this layer."""
    client = documents.document_client()
    said = client.admin.command("hello")
    sizes = client.get_default_database().command("dbStats")
    found = []
    if "setName" not in said:
        found.append(
            Finding(
                "it is no member of a replica set, so writes that a client retries fail",
                "start the server with --replSet and initiate the set",
            )
        )
    elif not said.get("isWritablePrimary"):
        found.append(
            Finding(
                "it is not the primary of its set and takes no writes", "name the whole set in MONGODB_URL"
            )
        )
    if missing := list(missing_indexes()):
        found.append(Finding(f"indexes are missing: {', '.join(missing)}", "manage.py document_indexes"))
    role = f"reviews, replica set {said['setName']}" if "setName" in said else "reviews, single server"
    return Inspection(role, int(sizes["storageSize"] + sizes["indexSize"]), found)


def cache() -> Inspection:
    said = redis.cache().info()
    found = _replicates(said)
    if said["maxmemory_policy"] == "noeviction":
        found.append(
            Finding(
                "it evicts nothing, and refuses writes once it is full",
                "CONFIG SET maxmemory-policy allkeys-lru, and in the server's configuration",
            )
        )
    elif not said["maxmemory"]:
        found.append(
            Finding(
                "its memory has no limit, so that it never evicts",
                "CONFIG SET maxmemory 256mb, and in the server's configuration",
            )
        )
    return Inspection(f"cache, {said['maxmemory_policy']}, {_keys(said)}", said["used_memory"], found)


def state() -> Inspection:
    said = redis.state().info()
    found = _replicates(said)
    if said["maxmemory_policy"] != "noeviction":
        found.append(
            Finding(
                f"it evicts counters ({said['maxmemory_policy']})",
                "CONFIG SET maxmemory-policy noeviction, and in the server's configuration",
            )
        )
    if not said["aof_enabled"]:
        found.append(
            Finding(
                "it keeps no append-only file: counters are lost with the process",
                "CONFIG SET appendonly yes, and in the server's configuration",
            )
        )
    elif said["aof_last_write_status"] != "ok":
        found.append(
            Finding("its last write to the append-only file failed", "make room on the server's disk")
        )
    if said["maxmemory"] and said["used_memory"] > MEMORY_SHARE_FOUND * said["maxmemory"]:
        found.append(
            Finding(
                f"it uses {said['used_memory']:,} of {said['maxmemory']:,} bytes, and full it refuses writes",
                "manage.py trending_flush, then a larger maxmemory",
            )
        )
    return Inspection(f"state, {_keys(said)}", said["used_memory"], found)


def _unapplied(alias: str) -> list[Finding]:
    missing = unapplied(alias)
    if not missing:
        return []
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    return [Finding(f"migration {missing[0]}{more} not applied", MIGRATE)]


def _read_only() -> list[Finding]:
    """Fencing is told with replication."""
    if scalar(ANALYTICS, "SHOW transaction_read_only") == "off" or fenced(ANALYTICS):
        return []
    return [
        Finding(
            "the primary takes no writes: it is a standby or its role is read-only",
            "point ANALYTICS_DATABASE_URL at the server that takes them",
        )
    ]


def _size(alias: str) -> int:
    return int(scalar(alias, "SELECT pg_database_size(current_database())"))


def _replicates(said: dict[str, Any]) -> list[Finding]:
    if said["role"] == "master":
        return []
    return [Finding("it is a replica and takes no writes", "point its URL at the server that it copies")]


def _keys(said: dict[str, Any]) -> str:
    count = sum(
        database["keys"] for name, database in said.items() if name.startswith("db") and "keys" in database
    )
    return counted(count, "key")
