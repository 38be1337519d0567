"""Rows by batches, each small enough to be in memory whole, and large enough to be worth a transaction.

Entry point: `batches`. A file that breaks off ends them; the counts say why.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from catalog.importing.counts import Counts
from catalog.importing.files import BrokenOff
from catalog.importing.records import Format, Note, Row, rejection
from catalog.importing.seen import SeenKeys, keys_seen

S = TypeVar("S")
BATCH_ROWS = 2000
BATCH_BYTES = 4 << 20  # rows of a hostile file may be a thousand times as long as real ones


@dataclass
class Batch:
    rows: list[Row] = field(default_factory=list)
    size: int = 0

    @property
    def full(self) -> bool:
        return len(self.rows) >= BATCH_ROWS or self.size >= BATCH_BYTES

    def add(self, row: Row) -> None:
        self.rows.append(row)
        self.size += row.size


def batches(source: Format[S], file: S, note: Callable[[Note], None], counts: Counts) -> Iterator[Batch]:
    """The rows worth bringing in, by batches; the others are noted and counted on the way."""
    batch = Batch()
    with keys_seen() as seen:
        try:
            for found in source.rows(file):
                row = found if source.is_sorted else _first_of_its_key(found, seen)
                if isinstance(row, Note):
                    counts.rejected += 1
                    note(row)
                    continue
                if row.mended:
                    counts.mended += 1
                    note(Note(row.line, row.key, "mended", row.mended, row.title.title))
                batch.add(row)
                if batch.full:
                    yield batch
                    batch = Batch()
        except BrokenOff as error:
            counts.broken_off = str(error)
    if batch.rows:
        yield batch


def _first_of_its_key(found: Row | Note, seen: SeenKeys) -> Row | Note:
    if isinstance(found, Note):
        return found
    first = seen.first_line(found.key, found.line)
    if first == found.line:
        return found
    return rejection(
        line=found.line,
        reason=f"the same id is on line {first} already",
        key=found.key,
        title=found.title.title,
    )
