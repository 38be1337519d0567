"""What a title's windows and ratings come to: the columns of `catalog.models.gate.Gate` that repeat these rows.

Touching, imports and seeding each have the rows in another form; what is made of them is made here alone. Entry point:
`gate_from`. Failure: none.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TypedDict

from catalog.maturity import label_of
from catalog.visibility import Span, span

WindowRow = tuple[str, datetime | None, datetime | None]  # territory, start, end
RatingRow = tuple[str, str]  # system, value


class FromRows(TypedDict):
    availability: list[Span] | None
    maturity: list[str]


def gate_from(*, windows: Iterable[WindowRow] = (), ratings: Iterable[RatingRow] = ()) -> FromRows:
    """Of all windows and all ratings of one title, in any order. Without windows no licence restricts it."""
    return {
        "availability": sorted(span(*window) for window in windows) or None,
        "maturity": sorted({label_of(*rating) for rating in ratings}),
    }
