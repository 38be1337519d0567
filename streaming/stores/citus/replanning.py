"""Sends a statement again whose plan was outdated: the table moved to other shards between planning and running.

Citus then refuses the statement before it has done anything ("could not find valid entry for shard"), and the same
statement, planned anew, succeeds. In a transaction the ones before it are lost with it, so there the error stays
and is answered as an outage (`streaming.stores.outage`).

Entry point: `replanned`. Failure: the error of the second attempt.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from django.db import InternalError, connections

from streaming.stores.aliases import CATALOG
from streaming.stores.outage import SHARD_HAS_GONE


def replanned() -> AbstractContextManager[None]:
    """For statements on the catalog, on this thread, while it is held."""
    return connections[CATALOG].execute_wrapper(_again_if_outdated)


def _again_if_outdated(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    try:
        return run(sql, params, many, context)
    except InternalError as error:
        if SHARD_HAS_GONE not in str(error) or context["connection"].in_atomic_block:
            raise
    return run(sql, params, many, context)
