"""Finding documents that are not as their titles' rows are, beside readers and writers; nothing is written.

Entry point: `documents_check`. Failure: `django.db.Error`s.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from catalog.models import Content
from catalog.search.comparing import Batch, Compared, Difference, batch_of, batches, compared
from catalog.search.documents import AT_ONCE
from streaming.stores.aliases import CATALOG


@dataclass
class Checked:
    """How many titles were looked at, how many documents are `stale`, and which words are in no words' table."""

    titles: int = 0
    wrong: int = 0
    stale: int = 0
    words: set[str] = field(default_factory=set)


def documents_check(
    *, sample: int | None, found: Callable[[Difference], None], looked_at: Callable[[int], None]
) -> Checked:
    """Compares all documents, or those of `sample` titles drawn at random. `found` takes each difference."""
    checked = Checked()
    for batch in batches() if sample is None else _drawn(sample):
        seen = _looked_at_twice(batch)
        for difference in seen.differences:
            found(difference)
        checked.titles += len(batch.ids)
        checked.wrong += len(seen.differences)
        checked.stale += len(seen.stale)
        checked.words |= seen.words
        looked_at(len(batch.ids))
    return checked


def _looked_at_twice(batch: Batch) -> Compared:
    """What differs the second time as well is no title that was being saved."""
    seen = compared(batch)
    if not seen.differences and not seen.words:
        return seen
    again = compared(batch_of([*batch.ids, *(each.content_id for each in seen.differences)]))
    ids = {difference.content_id for difference in seen.differences}
    differences = [each for each in again.differences if each.content_id in ids]
    return Compared(differences, again.stale, seen.words & again.words)


def _drawn(sample: int) -> Iterator[Batch]:
    rows = Content.objects.using(CATALOG).order_by("?").values_list("content_id", flat=True)[:sample]
    return map(batch_of, _in_batches(sorted(rows)))


def _in_batches(ids: list[UUID]) -> Iterable[list[UUID]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
