"""A server becomes a node of the catalog's cluster: what it must be is looked at first, what it lacks is made.

Everything may be repeated: a join that was cut off is finished by the next one, and a node that was drained
takes shards again. The data does not move yet; `manage.py workers rebalance` does that.

Entry point: `join`. Failure: `Refused`, `Failed`; `django.db.Error`s of the coordinator.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connections
from psycopg2 import sql

from streaming.stores.addresses import Address
from streaming.stores.aliases import CATALOG
from streaming.stores.citus import cluster
from streaming.stores.citus.cluster import Node
from streaming.stores.citus.reaching import Unreached, ask, coordinator_address
from streaming.stores.citus.workers import require_extension, set_takes_shards
from streaming.stores.refusal import Failed, Refused
from streaming.stores.statements import rows, run, scalar

MAKING_SECONDS = 60.0
MAINTENANCE = "postgres"  # there on every server, before there is a database of ours

SERVER = """
SELECT (SELECT system_identifier FROM pg_control_system())::text, pg_is_in_recovery(),
       current_setting('server_version'),
       coalesce((SELECT default_version FROM pg_available_extensions WHERE name = 'citus'), ''),
       current_setting('shared_preload_libraries') ~ '(^|,)\\s*"?citus"?\\s*(,|$)',
       current_setting('wal_level'),
       coalesce(current_setting('output_plugin_libraries', true), 'citus') ~ 'citus',
       (SELECT concat_ws(' ', pg_encoding_to_char(encoding), datcollate, datctype) FROM pg_database
         WHERE datname IN (%s, 'template1') ORDER BY datname = 'template1' LIMIT 1),
       EXISTS (SELECT FROM pg_database WHERE datname = %s)
"""
UNHEALTHY = """
SELECT from_nodename || ':' || from_nodeport, to_nodename || ':' || to_nodeport
  FROM citus_check_cluster_node_health() WHERE result IS NOT TRUE
"""


@dataclass(frozen=True)
class Server:
    """What a server says of itself; `locale` is encoding, collation and character classes of the database."""

    identity: str
    is_standby: bool
    postgresql: str
    citus: str
    preloads_citus: bool
    wal_level: str
    decodes_for_citus: bool
    locale: str
    has_database: bool


def join(address: Address) -> list[str]:
    """The server is an active node that takes shards and has the reference tables; what was done, in words.

    Raises `Refused` for a server that cannot be one, before anything is changed.
    """
    done = _extension_made()
    database = connections[CATALOG].settings_dict["NAME"]
    coordinator = Server(*rows(CATALOG, SERVER, database, database)[0])
    server = _server(address, database)
    if reason := refusal(server, coordinator):
        raise Refused(f"{address} cannot become a worker: {reason}.")
    nodes = cluster.nodes()
    _refuse_second_name(address, server, nodes)
    done += _coordinator_named(address, nodes)
    done += _database_made(address, database, server)
    done += _added(address, nodes)
    scalar(CATALOG, "SELECT replicate_reference_tables('auto')::text")
    _refuse_silence_between_nodes()
    return done


def _extension_made() -> list[str]:
    """Workers may come before the catalog is distributed: then it is, at once, over them."""
    if cluster.extension_version() is None and cluster.extension_available():
        run(CATALOG, sql.SQL("CREATE EXTENSION IF NOT EXISTS citus"))
        return ["extension citus made in the catalog"]
    require_extension()
    return []


def refusal(server: Server, coordinator: Server) -> str | None:
    """Why a server cannot be a node of the coordinator's cluster; None for nothing."""
    if server.identity == coordinator.identity:
        return "it is the coordinator itself"
    if server.is_standby:
        return "it is a standby of another server"
    if server.postgresql != coordinator.postgresql:
        return f"it runs PostgreSQL {server.postgresql}, the coordinator {coordinator.postgresql}"
    if not server.citus:
        return "Citus is not installed there"
    if server.citus != coordinator.citus:
        return f"it has Citus {server.citus}, the coordinator {coordinator.citus}"
    if not server.preloads_citus:
        return "citus is not in its shared_preload_libraries"
    if server.wal_level != "logical":
        return f"its wal_level is {server.wal_level}, and moving shards while they are written needs logical"
    if not server.decodes_for_citus:
        return "citus is not in its output_plugin_libraries, so shards could not be moved"
    if server.locale != coordinator.locale:
        return f"its database sorts as {server.locale}, the coordinator's as {coordinator.locale}"
    return None


def _server(address: Address, database: str) -> Server:
    try:
        (told,) = ask(address, SERVER, database, database, database=MAINTENANCE)
    except Unreached as reason:
        raise Refused(f"{address} does not answer the catalog's login: {reason}.") from reason
    return Server(*told)


def _refuse_second_name(address: Address, server: Server, nodes: Sequence[Node]) -> None:
    """One server as two nodes is two places of a shard on one disk; Citus does not look."""
    for known in (node.address for node in nodes):
        if known == address:
            continue
        try:
            ((identity,),) = ask(known, "SELECT system_identifier::text FROM pg_control_system()")
        except Unreached as reason:
            raise Refused(f"{known} does not answer ({reason}): start it first.") from reason
        if identity == server.identity:
            raise Refused(f"{address} is the worker {known} by another name.")


def _coordinator_named(worker: Address, nodes: Sequence[Node]) -> list[str]:
    """The coordinator is a node, by an address that the workers reach: the one that the settings give."""
    known = [node.address for node in nodes if node.is_coordinator]
    if known and not known[0].is_loopback:
        return []
    named = coordinator_address()
    if named.is_loopback and not worker.is_loopback:
        raise Refused(
            f"{worker} would look for the coordinator on itself: give CATALOG_DATABASE_URL the address by which "
            f"the workers reach it, in place of {named}."
        )
    if known == [named] or (known and named.is_loopback and known[0].host != "localhost"):
        return []
    scalar(CATALOG, "SELECT citus_set_coordinator_host(%s, %s::int)::text", named.host, str(named.port))
    return [f"the coordinator is known as {named}"]


def _database_made(address: Address, database: str, server: Server) -> list[str]:
    done = []
    try:
        if not server.has_database:
            statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database))
            ask(address, statement, database=MAINTENANCE, seconds=MAKING_SECONDS)
            done.append(f"database {database} made")
        if not ask(address, "SELECT 1 FROM pg_extension WHERE extname = 'citus'"):
            ask(address, "CREATE EXTENSION IF NOT EXISTS citus", seconds=MAKING_SECONDS)
            done.append("extension citus made")
    except Unreached as reason:
        raise Failed(f"{address} could not be prepared: {reason}.") from reason
    return done


def _added(address: Address, nodes: Sequence[Node]) -> list[str]:
    known = {node.address: node for node in nodes}
    place = (address.host, str(address.port))
    done = []
    if address not in known:
        scalar(CATALOG, "SELECT citus_add_node(%s, %s::int)", *place)
        done.append("joined as a worker")
    elif not known[address].is_active:
        scalar(CATALOG, "SELECT citus_activate_node(%s, %s::int)", *place)
        done.append("activated")
    if address in known and not known[address].takes_shards:
        set_takes_shards(address, takes=True)
        done.append("takes shards again")
    return done


def _refuse_silence_between_nodes() -> None:
    """Shards travel from node to node: each must be let in by each."""
    broken = rows(CATALOG, UNHEALTHY)
    if broken:
        source, target = broken[0]
        raise Failed(
            f"Joined, but {source} cannot log in to {target}: give its server the password (see pgpass in "
            "docs/operations.md) and the way there, then run this again."
        )
