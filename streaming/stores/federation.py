"""The replica's tables inside the catalog's database: server `analytics_server`, schema `analytics`.

`set_up` makes, and on later calls mends, the read-only role on the replica, the foreign server, the user
mapping and the foreign tables; only published columns are there. The reads themselves are
`analytics.federated`. Failure: `django.db.Error`s.
"""

from collections.abc import Mapping

from django.conf import settings
from django.db import connections, transaction
from psycopg2 import sql

from streaming.stores.aliases import CATALOG, REPLICA
from streaming.stores.roles import grant_columns, make_role
from streaming.stores.statements import column_types, rows, run

SERVER = "analytics_server"
SCHEMA = "analytics"
READER = "analytics_reader"
READER_STATEMENT_SECONDS = 5

ColumnTypes = Mapping[str, str]


def set_up(tables: Mapping[str, ColumnTypes]) -> list[str]:
    """Makes `tables` (name to column and SQL type) readable in schema `analytics`. Returns what was done."""
    done = _reader_on_replica(tables)
    with transaction.atomic(using=CATALOG):
        run(CATALOG, sql.SQL("CREATE EXTENSION IF NOT EXISTS postgres_fdw"))
        run(CATALOG, sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SCHEMA)))
        _server()
        for table, columns in tables.items():
            if column_types(CATALOG, f"{SCHEMA}.{table}") != dict(columns):
                _foreign_table(table, columns)
                done.append(f"foreign table {SCHEMA}.{table} created")
    return done


def _reader_on_replica(tables: Mapping[str, ColumnTypes]) -> list[str]:
    made = make_role(REPLICA, READER, settings.FEDERATION_PASSWORD, attributes="LOGIN")
    reader = sql.Identifier(READER)
    run(REPLICA, sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(reader))
    run(
        REPLICA,
        sql.SQL("ALTER ROLE {} SET statement_timeout = {}").format(
            reader, sql.Literal(f"{READER_STATEMENT_SECONDS}s")
        ),
    )
    grant_columns(REPLICA, READER, {table: list(columns) for table, columns in tables.items()})
    return [f"role {READER} made on the replica"] if made else []


def _server() -> None:
    """Creates the server and its mapping, or sets every option anew: addresses and passwords may have changed."""
    replica = connections[REPLICA].settings_dict
    server = {
        "host": str(replica["HOST"]),
        "port": str(replica["PORT"]),
        "dbname": str(replica["NAME"]),
        "connect_timeout": "2",
        "fetch_size": "1000",
    }
    mapping = {"user": READER, "password": settings.FEDERATION_PASSWORD}
    target = sql.Identifier(SERVER)
    present = _options_of("SELECT srvoptions FROM pg_foreign_server WHERE srvname = %s")
    if present is None:
        run(CATALOG, sql.SQL("CREATE SERVER {} FOREIGN DATA WRAPPER postgres_fdw").format(target))
    run(CATALOG, sql.SQL("ALTER SERVER {} OPTIONS ({})").format(target, _options(server, present or set())))
    present = _options_of(
        "SELECT umoptions FROM pg_user_mappings WHERE srvname = %s AND usename = current_user"
    )
    if present is None:
        run(CATALOG, sql.SQL("CREATE USER MAPPING FOR CURRENT_USER SERVER {}").format(target))
    run(
        CATALOG,
        sql.SQL("ALTER USER MAPPING FOR CURRENT_USER SERVER {} OPTIONS ({})").format(
            target, _options(mapping, present or set())
        ),
    )


def _foreign_table(table: str, columns: ColumnTypes) -> None:
    name = sql.Identifier(SCHEMA, table)
    run(CATALOG, sql.SQL("DROP FOREIGN TABLE IF EXISTS {}").format(name))
    run(
        CATALOG,
        sql.SQL(
            "CREATE FOREIGN TABLE {} ({}) SERVER {} OPTIONS (schema_name 'public', table_name {})"
        ).format(
            name,
            sql.SQL(", ").join(
                sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind))
                for column, kind in columns.items()
            ),
            sql.Identifier(SERVER),
            sql.Literal(table),
        ),
    )


def _options(options: Mapping[str, str], present: set[str]) -> sql.Composed:
    """An option that is there can only be set, one that is not only be added."""
    return sql.SQL(", ").join(
        sql.SQL("{} {} {}").format(
            sql.SQL("SET" if key in present else "ADD"), sql.Identifier(key), sql.Literal(value)
        )
        for key, value in options.items()
    )


def _options_of(query: str) -> set[str] | None:
    """Names of the options that the server or its mapping has; None when there is none of it."""
    found = rows(CATALOG, query, SERVER)
    return {option.partition("=")[0] for option in found[0][0] or ()} if found else None
