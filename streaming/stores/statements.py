"""SQL on a named database, for what the ORM has no words for: publications, roles, foreign tables.

Entry points: `run`, `rows`, `scalar`, `column_types`, `names`. Failure: `django.db.Error`s.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connections
from psycopg2 import sql


def run(alias: str, statement: sql.Composable) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)


def rows(alias: str, query: str | sql.Composable, *parameters: str | int | None) -> list[tuple[Any, ...]]:
    """Without parameters a `%` in the query stands for itself, as one in a literal may."""
    with connections[alias].cursor() as cursor:
        cursor.execute(query, parameters or None)
        return cursor.fetchall()


def scalar(alias: str, query: str | sql.Composable, *parameters: str | int | None) -> Any:
    """The first column of the first row, or None without rows; `%` as in `rows`."""
    with connections[alias].cursor() as cursor:
        cursor.execute(query, parameters or None)
        row = cursor.fetchone()
    return None if row is None else row[0]


def column_types(alias: str, table: str) -> dict[str, str]:
    """Column to SQL type as PostgreSQL spells it, in the table's order; empty when there is no such table."""
    return dict(
        rows(
            alias,
            """SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
                WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum""",
            table,
        )
    )


def names(plain: Sequence[str]) -> sql.Composed:
    """Identifiers, separated by commas."""
    return sql.SQL(", ").join(map(sql.Identifier, plain))
