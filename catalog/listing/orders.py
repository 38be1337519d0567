"""The orders of a list, and where a page of each begins.

Every order ends with the title's id, in the direction of its value, and has an index of the two: a page starts where
the one before ended, at the same cost wherever that is, and no title is twice in a list or missed that was in it all
the while. Unknown values are last (`catalog.models.search`).

Entry points: `ORDERS`, `Order.after`, `Order.fields`. Failure: none of its own.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, Func, Q, UUIDField, Value
from django.db.models.lookups import GreaterThan, LessThan

from catalog.models.search import RATING_FALLING, RATING_RISING, YEAR_FALLING, YEAR_RISING
from streaming.api.pages import finite, instant, plain_text


@dataclass(frozen=True)
class Order:
    """By `value` and then by id, both falling or both rising; `read` is a cursor's text as a value."""

    value: Any
    falling: bool
    read: Callable[[str], Any]

    def fields(self) -> tuple[Any, Any]:
        """For `order_by`."""
        content_id = F("content_id")
        if self.falling:
            return self.value.desc(), content_id.desc()
        return self.value.asc(), content_id.asc()

    def after(self, value: Any, content_id: UUID) -> Q:
        """What follows the title of this value and id."""
        compare = LessThan if self.falling else GreaterThan
        return Q(compare(_row(self.value, F("content_id")), _row(Value(value), Value(content_id))))


def _row(*parts: Any) -> Func:
    """As PostgreSQL compares rows, part by part. Django asks for a type, of which nothing is made."""
    return Func(*parts, function="ROW", output_field=UUIDField())


def _year(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text):
        raise ValueError(text)
    return int(text)


def _rating(text: str) -> Decimal:
    if not re.fullmatch(r"-?[0-9]{1,2}(\.[0-9])?", text):
        raise ValueError(text)
    return Decimal(text)


ORDERS: Mapping[str, Order] = {
    "popularity": Order(F("popularity"), True, finite),
    "title": Order(F("sort_title"), False, plain_text),
    "-title": Order(F("sort_title"), True, plain_text),
    "year": Order(YEAR_RISING, False, _year),
    "-year": Order(YEAR_FALLING, True, _year),
    "rating": Order(RATING_RISING, False, _rating),
    "-rating": Order(RATING_FALLING, True, _rating),
    "added": Order(F("created_at"), False, instant),
    "-added": Order(F("created_at"), True, instant),
}
