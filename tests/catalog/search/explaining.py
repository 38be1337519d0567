"""How many rows a statement makes PostgreSQL read, on however many nodes."""

from collections.abc import Iterator
from typing import Any

from django.db import connections

from catalog.search.matching import Sql
from streaming.stores.aliases import CATALOG
from tests.environment import DISTRIBUTED


def rows_read(statement: Sql) -> float:
    """Of `search_documents`: given on or filtered away, of all shards; what is read of indexes only is not counted."""
    with connections[CATALOG].cursor() as cursor:
        if DISTRIBUTED:
            cursor.execute("SET citus.explain_all_tasks = on")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.text}", statement.parameters)
        (plan,) = cursor.fetchone()
    return sum(
        node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
        for node in _nodes(plan)
        if "search_documents" in node.get("Relation Name", "")
    )


def _nodes(plan: Any) -> Iterator[dict[str, Any]]:
    if isinstance(plan, list):
        for each in plan:
            yield from _nodes(each)
    if isinstance(plan, dict):
        if "Node Type" in plan:
            yield plan
        for value in plan.values():
            yield from _nodes(value)
