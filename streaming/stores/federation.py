"""The replica's tables inside the catalog's database: server `analytics_server`, schema `analytics`.

`set_up` makes, and on later calls mends, the read-only role on the replica, the foreign server, the user
mapping and the foreign tables; only published columns are there. The reads themselves are
`analytics.federated`. Failure: `django.db.Error`s.
"""

from collections.abc import Mapping

from django.conf import settings
from django.db import connections, transaction
from psycopg2 import sql

from streaming.stores.replication import make_role
from streaming.stores.router import CATALOG, REPLICA

SERVER = "analytics_server"
SCHEMA = "analytics"
READER = "analytics_reader"
READER_STATEMENT_SECONDS = 5

ColumnTypes = Mapping[str, str]


def set_up(tables: Mapping[str, ColumnTypes]) -> list[str]:
    """Makes `tables` (name to column and SQL type) readable in schema `analytics`. Returns what was done."""
    done = _reader_on_replica(tables)
    with transaction.atomic(using=CATALOG):
        _run(CATALOG, sql.SQL("CREATE EXTENSION IF NOT EXISTS postgres_fdw"))
        _run(CATALOG, sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SCHEMA)))
        _server()
        for table, columns in tables.items():
            if _columns_of(table) != dict(columns):
                _foreign_table(table, columns)
                done.append(f"foreign table {SCHEMA}.{table} created")
    return done


def _reader_on_replica(tables: Mapping[str, ColumnTypes]) -> list[str]:
    made = make_role(REPLICA, READER, settings.FEDERATION_PASSWORD, attributes="LOGIN")
    reader = sql.Identifier(READER)
    _run(REPLICA, sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(reader))
    _run(
        REPLICA,
        sql.SQL("ALTER ROLE {} SET statement_timeout = {}").format(
            reader, sql.Literal(f"{READER_STATEMENT_SECONDS}s")
        ),
    )
    for table, columns in tables.items():
        _run(
            REPLICA,
            sql.SQL("GRANT SELECT ({}) ON {} TO {}").format(
                sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table), reader
            ),
        )
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
    if _exists("SELECT 1 FROM pg_foreign_server WHERE srvname = %s", SERVER):
        _run(
            CATALOG,
            sql.SQL("ALTER SERVER {} OPTIONS ({})").format(target, _options(server, "SET ")),
        )
    else:
        _run(
            CATALOG,
            sql.SQL("CREATE SERVER {} FOREIGN DATA WRAPPER postgres_fdw OPTIONS ({})").format(
                target, _options(server)
            ),
        )
    if _exists("SELECT 1 FROM pg_user_mappings WHERE srvname = %s AND usename = current_user", SERVER):
        verb, options = sql.SQL("ALTER"), _options(mapping, "SET ")
    else:
        verb, options = sql.SQL("CREATE"), _options(mapping)
    _run(
        CATALOG,
        sql.SQL("{} USER MAPPING FOR CURRENT_USER SERVER {} OPTIONS ({})").format(verb, target, options),
    )


def _foreign_table(table: str, columns: ColumnTypes) -> None:
    name = sql.Identifier(SCHEMA, table)
    _run(CATALOG, sql.SQL("DROP FOREIGN TABLE IF EXISTS {}").format(name))
    _run(
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


def _columns_of(table: str) -> dict[str, str]:
    """Column to SQL type of a foreign table as it stands; empty when there is none."""
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(
            """SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
                WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum""",
            [f"{SCHEMA}.{table}"],
        )
        return dict(cursor.fetchall())


def _options(options: Mapping[str, str], verb: str = "") -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{}{} {}").format(sql.SQL(verb), sql.Identifier(key), sql.Literal(value))
        for key, value in options.items()
    )


def _exists(query: str, *parameters: str) -> bool:
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchone() is not None


def _run(alias: str, statement: sql.Composable) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)
