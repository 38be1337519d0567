"""Copying a table from the primary into the schema that a promotion builds, without a stop on a disk.

Entry points: `carry`, `set_sequences`. Failure: `django.db.Error`s, also for what the primary's side raised.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections
from psycopg2 import sql

from streaming.stores.aliases import ANALYTICS, REPLICA
from streaming.stores.replication.promotion.building import SCHEMA
from streaming.stores.statements import names, rows, scalar

SEQUENCES = """
SELECT s.relname::text, t.relname::text, a.attname::text
  FROM pg_class s JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
  JOIN pg_class t ON t.oid = d.refobjid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
 WHERE s.relkind = 'S' AND s.relnamespace = to_regnamespace(%s)
"""


def carry(table: str, columns: Sequence[str]) -> int:
    """Appends the primary's rows to the built table and returns how many. Inside a transaction of the replica's."""
    unload = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(names(columns), sql.Identifier(table))
    load = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(SCHEMA, table), names(columns))
    connections[ANALYTICS].ensure_connection()
    read_end, write_end = os.pipe()
    with ThreadPoolExecutor(1) as pool, os.fdopen(read_end, "rb") as source:
        unloading = pool.submit(_unload, connections[ANALYTICS].connection, unload, write_end)
        with connections[REPLICA].cursor() as cursor, connections[REPLICA].wrap_database_errors:
            cursor.cursor.copy_expert(load.as_string(cursor.connection), source)
        with connections[ANALYTICS].wrap_database_errors:
            unloading.result()  # an end that came too early looks to the other side like the end
        return int(cursor.rowcount)


def set_sequences(*, primary_there: bool) -> None:
    """Sets the built tables' sequences past every id that is there or was given out on the primary."""
    given_out: dict[str, int] = {}
    if primary_there:
        query = "SELECT sequencename::text, last_value FROM pg_sequences WHERE last_value IS NOT NULL"
        given_out = dict(rows(ANALYTICS, query))
    for sequence, table, column in rows(REPLICA, SEQUENCES, SCHEMA):
        highest = scalar(
            REPLICA,
            sql.SQL("SELECT max({}) FROM {}").format(sql.Identifier(column), sql.Identifier(SCHEMA, table)),
        )
        last = max(highest or 0, given_out.get(sequence, 0))
        if last:
            scalar(REPLICA, "SELECT setval(%s::regclass, %s)", f"{SCHEMA}.{sequence}", last)


def _unload(connection: Any, statement: sql.Composable, write_end: int) -> None:
    """On a thread of its own, so on the driver's connection: Django's belongs to the thread that made it."""
    with os.fdopen(write_end, "wb") as target, connection.cursor() as cursor:
        cursor.copy_expert(statement.as_string(connection), target)
