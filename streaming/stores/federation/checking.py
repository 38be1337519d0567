"""Is federation sound? What `manage.py federation check` and `status` print.

Looked at: the server, its mapping and its foreign tables in the catalog's database, a real read through each of
them, and what the role that reads may do on the replica. Entry points: `findings`, `replica_away`. Nothing
waits longer than `READ_SECONDS` for a table. Failure: `django.db.Error`s when the catalog or the replica is away.
"""

from collections.abc import Mapping

from django.db import DatabaseError, connections, transaction
from psycopg2 import sql

from streaming.stores.aliases import CATALOG
from streaming.stores.federation import reader
from streaming.stores.federation.reader import SETUP, ColumnTypes
from streaming.stores.federation.setup import (
    MAPPING,
    PUBLIC_MAPPING,
    SCHEMA,
    SERVER,
    SERVER_OPTIONS,
    TABLE_OPTIONS,
    all_shown,
    foreign_tables,
    mapping_options,
    options_of,
    server_options,
    table_options,
)
from streaming.stores.findings import START, Finding
from streaming.stores.statements import column_types, run, scalar

READ_SECONDS = 5


def findings(tables: Mapping[str, ColumnTypes]) -> list[Finding]:
    """`tables`: what should be readable, with the columns' types as they are on the replica now."""
    shown = all_shown(tables)
    return [
        *(Finding(what, SETUP) for what in [*_server_found(), *_tables_found(shown)]),
        *(finding for table in sorted(foreign_tables() & set(shown)) for finding in _read_found(table)),
        *reader.findings(tables),
    ]


def replica_away(error: DatabaseError) -> Finding:
    """For what asking the replica itself raised."""
    address = server_options()
    return Finding(
        f"the replica at {address['host']}:{address['port']} does not answer: {reason(error)}",
        START,
    )


def reason(error: BaseException) -> str:
    """What a server said, in one line; through the foreign server it is what the replica said."""
    diagnosis = getattr(error.__cause__, "diag", None)
    text = (
        getattr(diagnosis, "message_detail", None)
        or getattr(diagnosis, "message_primary", None)
        or str(error)
    )
    asked_back = "\n\tIs the server running"  # libpq adds it to what was said
    return " ".join(text.partition(asked_back)[0].split("FATAL:")[-1].split()).rstrip(".")


def _server_found() -> list[str]:
    if not scalar(CATALOG, "SELECT count(*) FROM pg_extension WHERE extname = 'postgres_fdw'"):
        return ["the catalog's database has no postgres_fdw"]
    present = options_of(SERVER_OPTIONS)
    if present is None:
        return [f"server {SERVER} is missing"]
    wrong = [
        f"server {SERVER} has {name} {present.get(name, 'unset')}, not {value}"
        for name, value in server_options().items()
        if present.get(name) != value
    ]
    if options_of(PUBLIC_MAPPING) is not None:
        wrong.append(f"server {SERVER} has a mapping for PUBLIC: any role may read through it")
    mapped = options_of(MAPPING)
    if mapped is None:
        return [*wrong, f"server {SERVER} has no mapping for the catalog's role"]
    different = [name for name, value in mapping_options().items() if mapped.get(name) != value]
    return [*wrong, *(f"the mapping's {name} is not the settings'" for name in different)]


def _tables_found(tables: Mapping[str, ColumnTypes]) -> list[str]:
    present = foreign_tables()
    wrong = [f"foreign table {SCHEMA}.{table} is not published" for table in sorted(present - set(tables))]
    for table, columns in tables.items():
        name = f"{SCHEMA}.{table}"
        if table not in present:
            wrong.append(f"foreign table {name} is missing")
            continue
        if options_of(TABLE_OPTIONS, name) != table_options(table):
            wrong.append(
                f"foreign table {name} is not of the replica's {'.'.join(table_options(table).values())}"
            )
        wrong += _columns_found(name, columns)
    return wrong


def _columns_found(table: str, columns: ColumnTypes) -> list[str]:
    present = column_types(CATALOG, table)
    return [
        *(f"{table} has no {column}" for column in columns if column not in present),
        *(f"{table} has {column}, which is not published" for column in present if column not in columns),
        *(
            f"{table}.{column} is {present[column]}, on the replica {kind}"
            for column, kind in columns.items()
            if present.get(column, kind) != kind
        ),
    ]


def _read_found(table: str) -> list[Finding]:
    """Reads a row of every column, on a connection made now: one from before outlives a changed password."""
    name = sql.Identifier(SCHEMA, table)
    scalar(CATALOG, "SELECT postgres_fdw_disconnect(%s)", SERVER)
    try:
        with transaction.atomic(using=CATALOG):
            run(CATALOG, sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(f"{READ_SECONDS}s")))
            run(CATALOG, sql.SQL("SELECT * FROM {} LIMIT 1").format(name))
    except DatabaseError as error:
        if connections[CATALOG].connection is None or connections[CATALOG].connection.closed:
            raise
        return [Finding(f"{SCHEMA}.{table} cannot be read: {reason(error)}", SETUP)]
    return []
