"""Tables of a title that are too long for one page: cut into runs of rows, the first run of each on the first page.

The rows of a page are posted as one form, of which the server takes so many fields and bytes
(`DATA_UPLOAD_MAX_NUMBER_FIELDS`), and a browser draws so many inputs; imports bring a series up to 50,000 episodes. A
page of a title has the same run of each of its tables, and its address says which: so every row is on one page, also
after a save. Most titles have one run.

Entry points: `SHOWN`, `run_of`, `heads_of`. Failure: none of its own.
"""

from collections.abc import Iterable
from math import ceil
from typing import Any, Protocol

from django.http import HttpRequest

SHOWN = 500  # rows of a table on a page
MOST_RUNS = 10_000  # a page beyond the last one is empty, and this one is beyond every import's


class Table(Protocol):
    """A formset that may show a run of its rows (`catalog.admin.choosing.PartFormSet`)."""

    shown: int

    @property
    def rows(self) -> Any: ...

    @property
    def is_whole(self) -> bool: ...

    def heads(self) -> list[str]: ...


def run_of(request: HttpRequest) -> int:
    """Which run the address names, from 1."""
    match = request.resolver_match
    return min(max(match.kwargs.get("run", 1) if match else 1, 1), MOST_RUNS)


def heads_of(tables: Iterable[Table]) -> list[str]:
    """What each page begins with, in their order; nothing where every table fits on the first.

    No statement for tables that fit, one or two for each of the others.
    """
    cut = [table for table in tables if not table.is_whole]
    pages = max((ceil(table.rows.count() / table.shown) for table in cut), default=1)
    heads = [str(number) for number in range(1, pages + 1)] if pages > 1 else []
    for table in cut if heads else ():
        for place, head in zip(
            range(pages), table.heads(), strict=False
        ):  # an import may have added some since
            heads[place] = head
    return heads
