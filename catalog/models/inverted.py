"""Indexes of words and of arrays.

PostgreSQL collects what is added to such an index in a list that each reading of the index goes through, up to 4 MB of
it: 5 ms in each tier of a search. Lists of an eighth of that are read in less than one, and adding a great many titles
takes a fifth longer (docs/performance.md). Entry point: `inverted`. No failure.
"""

from typing import Any

from django.contrib.postgres.indexes import GinIndex

PENDING = 512  # kB


def inverted(*expressions: Any, name: str, fields: tuple[str, ...] = ()) -> GinIndex:
    return GinIndex(*expressions, name=name, fields=fields, gin_pending_list_limit=PENDING)
