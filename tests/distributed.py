"""The catalog's test database as a Citus cluster of its own, for `make test-citus` (TEST_CATALOG=distributed).

Databases are per server: the test database needs one of the same name on each worker, the extension in all of
them and node metadata of its own. `distribute` makes that of a migrated database, `drop_shards` takes the
workers' databases away before Django drops the coordinator's. Failure: `psycopg2.Error`, `django.db.Error`.
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2
from django.db import connections
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from streaming.stores.aliases import CATALOG
from streaming.stores.citus import placement
from streaming.stores.statements import rows, run, scalar

SHARDS = 4  # two a worker: a fan-out is one, and stays cheap


def distribute() -> None:
    """The connected test database becomes a coordinator's, with all its tables placed."""
    for host, port in _workers():
        with _server_of(host, port, "postgres") as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(_database()))
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(_database()))
        with _server_of(host, port, str(connections[CATALOG].settings_dict["NAME"])) as cursor:
            cursor.execute("CREATE EXTENSION citus")
    run(CATALOG, sql.SQL("CREATE EXTENSION citus"))
    coordinator = connections[CATALOG].settings_dict
    scalar(
        CATALOG, "SELECT citus_set_coordinator_host(%s, %s)", str(coordinator["HOST"]), str(coordinator["PORT"])
    )
    for host, port in _workers():
        scalar(CATALOG, "SELECT citus_add_node(%s, %s)", host, port)
    _place()


def _place() -> None:

    keys = rows(
        CATALOG,
        """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE contype = 'f' AND confrelid = 'content_metadata'::regclass""",
    )
    for table in placement.reference_tables():
        scalar(CATALOG, "SELECT create_reference_table(%s)::text", table)
    for table, name, _ in keys:
        run(CATALOG, sql.SQL(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'))
    root, *children = placement.distributed_tables()
    scalar(CATALOG, "SELECT create_distributed_table(%s, 'content_id', shard_count => %s)::text", root, str(SHARDS))
    for table in children:
        scalar(CATALOG, "SELECT create_distributed_table(%s, 'content_id', colocate_with => %s)::text", table, root)
    for table, name, definition in keys:
        run(CATALOG, sql.SQL(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}'))


def drop_shards() -> None:
    """The workers' databases go. The coordinator's own connections to them end with it, so they are forced out."""
    for host, port in _workers():
        with _server_of(host, port, "postgres") as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(_database()))


def _workers() -> list[tuple[str, str]]:
    """Host and port of each, of the cluster that `python -m dev` started."""
    addresses = os.environ["CITUS_WORKERS"].split(",")
    return [(host, port) for host, _, port in (address.rpartition(":") for address in addresses)]


def _database() -> sql.Identifier:
    return sql.Identifier(str(connections[CATALOG].settings_dict["NAME"]))


@contextmanager
def _server_of(host: str, port: str, database: str) -> Iterator[Cursor]:
    """A cursor that commits each statement, logged in as the catalog's owner: all nodes have one password."""
    owner = connections[CATALOG].settings_dict
    with closing(
        psycopg2.connect(
            host=host, port=port, user=owner["USER"], password=owner["PASSWORD"], dbname=database
        )
    ) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor
