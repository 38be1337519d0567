"""Whether the published tables and columns are the same on both sides: names and types; and the indexes.

Entry points: `differences`, `comparable`, `indexes_lacking`. Failure: `django.db.Error`s.
"""

from collections.abc import Mapping, Sequence

from streaming.stores.aliases import ANALYTICS, REPLICA
from streaming.stores.statements import column_types, rows

INDEXES = """
SELECT replace(indexdef, ' ON ' || schemaname || '.', ' ON '), indexname::text, indisprimary
  FROM pg_indexes JOIN pg_index ON indexrelid = format('%%I.%%I', schemaname, indexname)::regclass
 WHERE schemaname = %s AND tablename = %s AND indisvalid
"""


def differences(published: Mapping[str, Sequence[str]]) -> list[str]:
    """A sentence each: a table or column that the replica lacks, or has with another type."""
    return [line for table, columns in published.items() for line in _of_table(table, columns)]


def comparable(table: str, columns: Sequence[str]) -> list[str]:
    """Of these columns, those that both sides have with one type, in the given order."""
    primary, replica = column_types(ANALYTICS, table), column_types(REPLICA, table)
    return [column for column in columns if column in primary and primary[column] == replica.get(column)]


def indexes_lacking(published: Mapping[str, Sequence[str]]) -> list[str]:
    """A sentence each: a primary key, or an index of a table that is published whole, that the replica lacks.

    Of a table of which it gets a part it needs the key alone.
    """
    found = []
    for table, columns in published.items():
        whole = set(column_types(ANALYTICS, table)) == set(columns)
        wanted, there = indexes(ANALYTICS, "public", table), indexes(REPLICA, "public", table)
        for definition in sorted(wanted.keys() - there.keys()):
            name, primary_key = wanted[definition]
            if whole or primary_key:
                found.append(
                    f"{'primary key' if primary_key else 'index'} {name} of {table} is missing on the replica"
                )
    return found


def indexes(alias: str, schema: str, table: str) -> dict[str, tuple[str, bool]]:
    """Definition without the schema, to the name and whether it is the primary key."""
    return {definition: (name, key) for definition, name, key in rows(alias, INDEXES, schema, table)}


def _of_table(table: str, columns: Sequence[str]) -> list[str]:
    primary, replica = column_types(ANALYTICS, table), column_types(REPLICA, table)
    if not primary:
        return [f"table {table} is missing on the primary"]
    if not replica:
        return [f"table {table} is missing on the replica"]
    found = []
    for column in columns:
        if column not in primary:
            found.append(f"column {table}.{column} is missing on the primary")
        elif column not in replica:
            found.append(f"column {table}.{column} is missing on the replica")
        elif primary[column] != replica[column]:
            found.append(
                f"column {table}.{column} is {replica[column]} on the replica, {primary[column]} on the primary"
            )
    return found
