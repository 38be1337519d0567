"""Rows by batches, each small enough to be in memory whole, and large enough to be worth a transaction.

Entry points: `batches`; `ahead`, which makes the next one while the database works on this one. A file that breaks
off ends them, and the last batch says why.
"""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from django.db import connections

from catalog.importing.files import BrokenOff
from catalog.importing.records import Format, Note, Row, rejection
from catalog.importing.seen import SeenKeys, keys_seen

S = TypeVar("S")
BATCH_ROWS = 2000
BATCH_BYTES = 4 << 20  # rows of a hostile file may be a thousand times as long as real ones


@dataclass
class Batch:
    """Rows worth bringing in, and what is to be said of these and of the others."""

    rows: list[Row] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    size: int = 0
    broken_off: str = ""

    @property
    def full(self) -> bool:
        return len(self.rows) + len(self.notes) >= BATCH_ROWS or self.size >= BATCH_BYTES

    def add(self, found: Row | Note) -> None:
        if isinstance(found, Note):
            self.notes.append(found)
            return
        if found.mended:
            self.notes.append(Note(found.line, found.key, "mended", found.mended, found.title.title))
        self.rows.append(found)
        self.size += found.size


def batches(source: Format[S], file: S) -> Generator[Batch, None, None]:
    """All of a source; the last batch may be empty."""
    batch = Batch()
    with keys_seen() as seen:
        try:
            for found in source.rows(file):
                batch.add(found if source.is_sorted else _first_of_its_key(found, seen))
                if batch.full:
                    yield batch
                    batch = Batch()
        except BrokenOff as error:
            batch.broken_off = str(error)
    yield batch


def ahead(found: Generator[Batch, None, None]) -> Iterator[Batch]:
    """The same, each made in a thread while the one before is used: two batches are in memory then.

    One thread makes them all and closes them, for SQLite's connections are of the thread that made them.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="reading") as thread:
        under_way = thread.submit(next, found, None)
        try:
            while (batch := under_way.result()) is not None:
                under_way = thread.submit(next, found, None)
                yield batch
        finally:
            thread.submit(_end, found).result()


def _end(found: Generator[Batch, None, None]) -> None:
    found.close()
    connections.close_all()  # the thread's own, where a format asked the catalog something


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
