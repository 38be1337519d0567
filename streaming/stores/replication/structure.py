"""Whether the published tables and columns are the same on both sides: names and types.

Entry points: `differences`, `comparable`. Failure: `django.db.Error`s.
"""

from collections.abc import Mapping, Sequence

from streaming.stores.aliases import ANALYTICS, REPLICA
from streaming.stores.statements import column_types


def differences(published: Mapping[str, Sequence[str]]) -> list[str]:
    """A sentence each: a table or column that the replica lacks, or has with another type."""
    return [line for table, columns in published.items() for line in _of_table(table, columns)]


def comparable(table: str, columns: Sequence[str]) -> list[str]:
    """Of these columns, those that both sides have with one type, in the given order."""
    primary, replica = column_types(ANALYTICS, table), column_types(REPLICA, table)
    return [column for column in columns if column in primary and primary[column] == replica.get(column)]


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
