"""Rows of a title's child tables, several tables at once: told apart, and those that are there.

Entry points: `only`, `rows_of`. Failure: none of its own.
"""

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet

from streaming.stores.aliases import CATALOG
from streaming.stores.citus.writing import KeyedByContent

Row = TypeVar("Row", bound=KeyedByContent)


def only(model: type[Row], rows: Iterable[KeyedByContent]) -> list[Row]:
    """Those of `rows` that are of this table, in their order."""
    return [row for row in rows if isinstance(row, model)]


def rows_of(content_id: UUID, model: type[KeyedByContent]) -> QuerySet[Any]:
    """The title's rows of this table."""
    rows: QuerySet[Any] = model._base_manager.using(CATALOG)
    return rows.filter(content_id=content_id)
