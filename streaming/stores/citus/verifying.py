"""Verifies a distributed catalog: where each table lies, its rows, its foreign keys, and how one title is read.

Writers go on while tables move, so rows are compared one-sidedly: there must be no fewer than before, save
those that PostgreSQL has counted as deleted since. That count is of attempts and reaches the statistics up to
`STATISTICS_SECONDS` late, so a shortfall is looked at until then.

Entry point: `verify`. Failure: `django.db.Error`s.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from psycopg2 import sql

from streaming.stores.aliases import CATALOG
from streaming.stores.citus import cluster, keys, sequences
from streaming.stores.citus.cluster import REPAIR, Place
from streaming.stores.citus.journal import Baseline
from streaming.stores.citus.placement import KEY, distributed_tables, root_table, spread_tables
from streaming.stores.findings import Finding
from streaming.stores.statements import rows, scalar
from streaming.stores.units import counted

DELETIONS = "deletion is", "deletions are"
STATISTICS_SECONDS = 12
POLL_SECONDS = 0.5
NOWHERE = Place("nowhere", "", 0, 0)
# What it is cannot matter: a router query is planned from the value's shard, whether there is a row or not.
SOME_ID = "00000000-0000-4000-8000-000000000000"
DELETED = """
SELECT coalesce(sum(result::bigint), 0)::bigint
  FROM run_command_on_shards(%s, $$SELECT pg_stat_get_tuples_deleted('%%s'::regclass)$$) WHERE success
"""


@dataclass(frozen=True)
class TableReport:
    """`rows_before` None for a table that did not move in this run or in one before it that was cut off."""

    table: str
    place: Place
    rows_before: int | None
    rows: int
    deleted: int


@dataclass(frozen=True)
class Verification:
    """`keys` are the catalog's foreign keys that are in place and valid, `tasks` those that read one title."""

    tables: list[TableReport]
    keys: int
    tasks: int
    findings: list[Finding]


def verify(before: Mapping[str, Baseline]) -> Verification:
    """Of all tables of the catalog; rows are compared for those that `before` names."""
    places = cluster.placed()
    tables = [_report(table, places.get(table, NOWHERE), before.get(table)) for table in cluster.wanted()]
    standing = [each for each in keys.present() if each.key.table in cluster.wanted()]
    tasks = _tasks()
    found = [*cluster.left_behind(), *_misplaced(places), *_shortfalls(tables), *_missing_keys(standing)]
    found += [
        Finding(f"sequence {each.name} is behind the rows of {each.table}", REPAIR)
        for each in sequences.behind(list(cluster.wanted()))
    ]
    if tasks != 1:
        found.append(Finding(f"one title is read by {tasks} tasks, not by one", REPAIR))
    return Verification(tables, sum(each.valid for each in standing), tasks, found)


def _report(table: str, place: Place, before: Baseline | None) -> TableReport:
    give_up_at = time.monotonic() + STATISTICS_SECONDS
    while True:
        count = int(scalar(CATALOG, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))))
        if before is None:
            return TableReport(table, place, None, count, 0)
        deleted = before.deleted_since + (int(scalar(CATALOG, DELETED, table)) if place != NOWHERE else 0)
        if count + deleted >= before.rows or time.monotonic() > give_up_at:
            return TableReport(table, place, before.rows, count, deleted)
        time.sleep(POLL_SECONDS)


def _shortfalls(tables: list[TableReport]) -> list[Finding]:
    return [
        Finding(
            f"{each.table} has {counted(each.rows, 'row')}, had {each.rows_before}, "
            f"and only {counted(each.deleted, *DELETIONS)} counted since",
            "compare it with a backup before anything else is changed",
        )
        for each in tables
        if each.rows + each.deleted < (each.rows_before or 0)
    ]


def _misplaced(places: Mapping[str, Place]) -> list[Finding]:
    """Distributed tables that are cut by another column or do not lie with the titles."""
    root = places.get(root_table(), NOWHERE)
    distributed = [(table, places[table]) for table in distributed_tables() if table in places]
    return [
        Finding(
            f"{table} is cut by {place.column} and not colocated with {root_table()}",
            f"SELECT alter_distributed_table('{table}', distribution_column => '{KEY}', "
            f"colocate_with => '{root_table()}')",
        )
        for table, place in distributed
        if place.kind == "distributed" and (place.column != KEY or place.colocation != root.colocation)
    ] + [
        Finding(
            f"{table} is cut by {places[table].column}",
            f"SELECT alter_distributed_table('{table}', distribution_column => '{column}', colocate_with => 'none')",
        )
        for table, column in spread_tables().items()
        if table in places and places[table].kind == "distributed" and places[table].column != column
    ]


def _missing_keys(standing: list[keys.Standing]) -> list[Finding]:
    found = []
    for each in standing:
        if not each.valid:
            count, delete = keys.orphans(each)
            table = each.key.table
            rows = counted(count, f"row of {table} has", f"rows of {table} have")
            found.append(
                Finding(
                    f"{rows} a {each.column} that {each.to_table} lacks: "
                    f"{each.key.name} is back for new rows only",
                    f"give them one that exists, or: {delete}; then {REPAIR}",
                )
            )
    there = {(each.key.table, each.key.definition.removesuffix(keys.NOT_VALID)) for each in standing}
    for key in keys.expected():
        if (key.table, key.definition) not in there:
            found.append(
                Finding(
                    f"{key.table} lacks its {key.definition}", f"ALTER TABLE {key.table} ADD {key.definition}"
                )
            )
    return found


def _tasks() -> int:
    """Of a query for one title and all that lies with it, by its plan; 0 where Citus does not plan it."""
    tables = [table for table in cluster.wanted() if table in distributed_tables()]
    query = sql.SQL("EXPLAIN (COSTS OFF) SELECT count(*) FROM {} WHERE {} = {}").format(
        sql.SQL(" LEFT JOIN ").join(
            sql.SQL("{} USING ({})").format(sql.Identifier(table), sql.Identifier(KEY))
            if table != root_table()
            else sql.Identifier(table)
            for table in tables
        ),
        sql.Identifier(KEY),
        sql.Literal(SOME_ID),
    )
    planned = re.search(r"Task Count: (\d+)", "\n".join(line for (line,) in rows(CATALOG, query)))
    return int(planned[1]) if planned else 0
