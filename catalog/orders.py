"""The orders of titles, and where a page of each begins.

Every order ends with the title's id, in the direction of its value, and has an index of the two: a page starts where
the one before ended, at the same cost wherever that is, and no title is twice in a list or missed that was in it all
the while. Unknown values are last (`catalog.models.search`).

Entry points: `ORDERS`, `Order.after`, `Order.until`, `Order.fields`, `Place`. Failure: none of its own.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, Func, Lookup, Q, UUIDField, Value
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual

from catalog.models.search import RATING_FALLING, RATING_RISING, YEAR_FALLING, YEAR_RISING
from streaming.api.pages import finite, instant, plain_text

Place = tuple[Any, UUID]  # a title's value in an order, and its id


@dataclass(frozen=True)
class Order:
    """By `value` and then by id, both falling or both rising; `read` is a cursor's text as a value."""

    value: Any
    falling: bool
    read: Callable[[str], Any]

    def fields(self, *, walked: bool = True) -> tuple[Any, Any]:
        """For `order_by`. Not `walked`, no index has this order: titles are found by what else is asked and sorted."""
        value, content_id = self.value, F("content_id")
        if not walked:
            value = Func(value, template="ARRAY[%(expressions)s]")
        if self.falling:
            return value.desc(), content_id.desc()
        return value.asc(), content_id.asc()

    def after(self, place: Place) -> Q:
        """What follows a place."""
        return self._compared(LessThan if self.falling else GreaterThan, place)

    def until(self, place: Place) -> Q:
        """What comes before a place, and the title that is there."""
        return self._compared(GreaterThanOrEqual if self.falling else LessThanOrEqual, place)

    def follows(self, place: Place, other: Place) -> bool:
        """As `after`, of two places, for a database that compares texts by code points."""
        return place < other if self.falling else place > other

    def _compared(self, compare: "type[Lookup[Any]]", place: Place) -> Q:
        value, content_id = place
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
