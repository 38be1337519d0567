"""The replica's tables inside the catalog's database: server `analytics_server`, schema `analytics`.

`set_up` makes, and on later calls mends, the read-only role on the replica, the foreign server, the user
mapping and the foreign tables; only published columns are there, and a table that is no longer published goes.
What is made in the catalog is made in one transaction: a reader waits for it, and finds all of it.
The reads themselves are `analytics.federated`. Failure: `django.db.Error`s.
"""

from collections.abc import Mapping

from django.conf import settings
from django.db import connections, transaction
from psycopg2 import sql

from streaming.stores.addresses import address_of
from streaming.stores.aliases import CATALOG, REPLICA
from streaming.stores.federation import reader
from streaming.stores.federation.reader import READER, ColumnTypes
from streaming.stores.replication import applied
from streaming.stores.statements import column_types, rows, run

SERVER = "analytics_server"
SCHEMA = "analytics"
POSITION = applied.FOREIGN_TABLE.removeprefix(f"{SCHEMA}.")
SERVER_OPTIONS = "SELECT srvoptions FROM pg_foreign_server WHERE srvname = %s"
# A mapping for PUBLIC would let every role of the catalog's server in, and show it the password.
MAPPING = "SELECT umoptions FROM pg_user_mappings WHERE srvname = %s AND usename = current_user"
PUBLIC_MAPPING = "SELECT umoptions FROM pg_user_mappings WHERE srvname = %s AND umuser = 0"
TABLE_OPTIONS = "SELECT ftoptions FROM pg_foreign_table WHERE ftrelid = to_regclass(%s)"
FOREIGN_TABLES = """
SELECT c.relname::text FROM pg_foreign_table f
  JOIN pg_class c ON c.oid = f.ftrelid JOIN pg_foreign_server s ON s.oid = f.ftserver
 WHERE s.srvname = %s AND c.relnamespace = to_regnamespace(%s) ORDER BY 1
"""


def set_up(tables: Mapping[str, ColumnTypes]) -> list[str]:
    """Makes `tables` (name to column and SQL type) readable in schema `analytics`. Returns what was done."""
    applied.publish()
    done = reader.set_up(tables)
    shown = all_shown(tables)
    with transaction.atomic(using=CATALOG):
        run(CATALOG, sql.SQL("CREATE EXTENSION IF NOT EXISTS postgres_fdw"))
        run(CATALOG, sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SCHEMA)))
        _server()
        for table in foreign_tables() - set(shown):
            run(CATALOG, sql.SQL("DROP FOREIGN TABLE {}").format(sql.Identifier(SCHEMA, table)))
            done.append(f"foreign table {SCHEMA}.{table} dropped")
        for table, columns in shown.items():
            if not _is_current(table, columns):
                _foreign_table(table, columns)
                done.append(f"foreign table {SCHEMA}.{table} created")
    return done


def all_shown(tables: Mapping[str, ColumnTypes]) -> dict[str, ColumnTypes]:
    """The published tables and the one that is always there: how far the replica has come."""
    return {**tables, POSITION: applied.COLUMNS}


def server_options() -> dict[str, str]:
    """Where the settings say the replica is, and how it is read."""
    address = address_of(REPLICA)
    return {
        "host": address.host,
        "port": str(address.port),
        "dbname": str(connections[REPLICA].settings_dict["NAME"]),
        "connect_timeout": "2",
        "fetch_size": "1000",
    }


def mapping_options() -> dict[str, str]:
    return {"user": READER, "password": settings.FEDERATION_PASSWORD}


def table_options(table: str) -> dict[str, str]:
    """What it is of on the replica."""
    schema, name = (applied.SCHEMA, applied.VIEW) if table == POSITION else ("public", table)
    return {"schema_name": schema, "table_name": name}


def foreign_tables() -> set[str]:
    """Those of our server in our schema."""
    return {table for (table,) in rows(CATALOG, FOREIGN_TABLES, SERVER, SCHEMA)}


def options_of(query: str, name: str = SERVER) -> dict[str, str] | None:
    """The options that the server, its mapping or a foreign table has; None when there is none of it."""
    found = rows(CATALOG, query, name)
    return dict(option.split("=", 1) for option in found[0][0] or ()) if found else None


def _server() -> None:
    """Creates the server and its mapping, or sets every option anew: addresses and passwords may have changed."""
    target = sql.Identifier(SERVER)
    present = options_of(SERVER_OPTIONS)
    if present is None:
        run(CATALOG, sql.SQL("CREATE SERVER {} FOREIGN DATA WRAPPER postgres_fdw").format(target))
    options = _options(server_options(), present or {})
    run(CATALOG, sql.SQL("ALTER SERVER {} OPTIONS ({})").format(target, options))
    if options_of(PUBLIC_MAPPING) is not None:
        run(CATALOG, sql.SQL("DROP USER MAPPING FOR PUBLIC SERVER {}").format(target))
    present = options_of(MAPPING)
    if present is None:
        run(CATALOG, sql.SQL("CREATE USER MAPPING FOR CURRENT_USER SERVER {}").format(target))
    options = _options(mapping_options(), present or {})
    run(
        CATALOG, sql.SQL("ALTER USER MAPPING FOR CURRENT_USER SERVER {} OPTIONS ({})").format(target, options)
    )


def _is_current(table: str, columns: ColumnTypes) -> bool:
    name = f"{SCHEMA}.{table}"
    return column_types(CATALOG, name) == columns and options_of(TABLE_OPTIONS, name) == table_options(table)


def _foreign_table(table: str, columns: ColumnTypes) -> None:
    name = sql.Identifier(SCHEMA, table)
    run(CATALOG, sql.SQL("DROP FOREIGN TABLE IF EXISTS {}").format(name))
    run(
        CATALOG,
        sql.SQL("CREATE FOREIGN TABLE {} ({}) SERVER {} OPTIONS ({})").format(
            name,
            sql.SQL(", ").join(
                sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind))
                for column, kind in columns.items()
            ),
            sql.Identifier(SERVER),
            sql.SQL(", ").join(
                sql.SQL("{} {}").format(sql.Identifier(option), sql.Literal(value))
                for option, value in table_options(table).items()
            ),
        ),
    )


def _options(options: Mapping[str, str], present: Mapping[str, str]) -> sql.Composed:
    """An option that is there can only be set, one that is not only be added."""
    return sql.SQL(", ").join(
        sql.SQL("{} {} {}").format(
            sql.SQL("SET" if key in present else "ADD"), sql.Identifier(key), sql.Literal(value)
        )
        for key, value in options.items()
    )
