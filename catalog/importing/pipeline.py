"""From rows to the database: batches, what is new, changed or unchanged, and the counts.

Entry point: `titles_import`. Each batch is one transaction, and a row that is in the catalog as the file has
it is left alone, so an import that was killed is finished by running it again. One import runs at a time
(`one_import_at_a_time`). Failure: `files.Unreadable`, `ImportRunning`, `CatalogRefuses`; what earlier batches brought
in stays in each case.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from django.db import DatabaseError, OperationalError, connections, reset_queries, transaction
from django.utils import timezone

from catalog.importing import changing, inserting
from catalog.importing.files import BrokenOff, ImportFailed, SourceFile
from catalog.importing.identity import content_id
from catalog.importing.records import Format, Note, Row, rejection
from catalog.importing.seen import SeenKeys
from catalog.importing.selectors import digests_by_id, records_by_id
from catalog.services import contents_touch
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.writing import mixed_transaction
from streaming.stores.refusal import Refused, first_line

BATCH_ROWS = 2000
BATCH_BYTES = 1 << 20  # rows of a hostile file may be a thousand times as long as real ones
LOCK_NOT_AVAILABLE = "55P03"
LOCK = 0x696D706F7274  # "import"
LOCK_WAIT_SECONDS = 3  # the server needs a moment to notice that an import was killed


class ImportRunning(ImportFailed, Refused):
    """Another import holds the catalog."""


class CatalogRefuses(ImportFailed):
    """The database refused a batch, or is away."""


@dataclass
class Counts:
    """What became of the rows; `broken_off` says why the file ended early, if it did."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    mended: int = 0
    broken_off: str = ""

    @property
    def rows(self) -> int:
        return self.new + self.changed + self.unchanged + self.rejected

    def __str__(self) -> str:
        mended = f", {self.mended:,} mended" if self.mended else ""
        return (
            f"{self.rows:,} rows: {self.new:,} new, {self.changed:,} changed, "
            f"{self.unchanged:,} unchanged, {self.rejected:,} rejected{mended}"
        )


@dataclass
class _Batch:
    rows: dict[UUID, Row] = field(default_factory=dict)
    size: int = 0

    @property
    def full(self) -> bool:
        return len(self.rows) >= BATCH_ROWS or self.size >= BATCH_BYTES

    def add(self, row_id: UUID, row: Row) -> None:
        self.rows[row_id] = row
        self.size += row.size


class _Sorted(NamedTuple):
    new: dict[UUID, Row]
    changed: dict[UUID, Row]


def titles_import(
    *,
    source: Format,
    file: SourceFile,
    note: Callable[[Note], None],
    batch_done: Callable[[], None],
    dry_run: bool = False,
) -> Counts:
    """Imports a file's titles. `note` takes each rejected and mended row, `batch_done` is called between batches.

    With `dry_run` the counts are what an import would do now, and nothing is written.
    """
    counts = Counts()
    for batch in _batches(source, file, note, counts):
        _bring_in(source, batch.rows, counts, dry_run)
        reset_queries()  # under DEBUG Django keeps the text of every statement: half a megabyte a batch
        batch_done()
    return counts


@contextmanager
def one_import_at_a_time() -> Iterator[None]:
    """Holds the catalog for one import. Raises `ImportRunning` when another one has it."""
    connection = connections[CATALOG]
    try:
        with transaction.atomic(using=CATALOG), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT_SECONDS}s'")
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])  # held until it is given back
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) == LOCK_NOT_AVAILABLE:
            raise ImportRunning(
                "Another import is running: wait for its end, then run this again."
            ) from error
        raise CatalogRefuses(f"The catalog's database cannot be used ({first_line(error)}).") from error
    try:
        yield
    finally:
        # Closing gives the lock back as well, and also when the connection is past answering.
        connection.close()


def _batches(
    source: Format, file: SourceFile, note: Callable[[Note], None], counts: Counts
) -> Iterator[_Batch]:
    """The rows worth bringing in, by batches; the others are noted and counted on the way."""
    batch = _Batch()
    with SeenKeys() as seen:
        try:
            for found in source.rows(file):
                row = _first_of_its_key(found, seen)
                if isinstance(row, Note):
                    counts.rejected += 1
                    note(row)
                    continue
                if row.mended:
                    counts.mended += 1
                    note(Note(row.line, row.key, "mended", row.mended, row.title.title))
                batch.add(content_id(source.scheme, row.key), row)
                if batch.full:
                    yield batch
                    batch = _Batch()
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


def _bring_in(source: Format, rows: dict[UUID, Row], counts: Counts, dry_run: bool) -> None:
    try:
        with mixed_transaction(CATALOG):
            found = _sort(source.scheme, rows)
            if not dry_run:
                _write(source, found)
            if found.new and not counts.new and not dry_run:
                inserting.statistics_refresh()  # before the first commit, which checks the foreign keys
    except DatabaseError as error:
        lines = [row.line for row in rows.values()]
        raise CatalogRefuses(
            f"The catalog refused lines {lines[0]} to {lines[-1]} ({first_line(error)}). "
            "What stands before them is in; running this again goes on from there."
        ) from error
    counts.new += len(found.new)
    counts.changed += len(found.changed)
    counts.unchanged += len(rows) - len(found.new) - len(found.changed)


def _sort(scheme: str, rows: dict[UUID, Row]) -> _Sorted:
    known = digests_by_id(scheme=scheme, ids=rows)
    return _Sorted(
        new={row_id: row for row_id, row in rows.items() if row_id not in known},
        changed={row_id: row for row_id, row in rows.items() if known.get(row_id, row.digest) != row.digest},
    )


def _write(source: Format, found: _Sorted) -> None:
    both = {**found.new, **found.changed}
    if not both:
        return
    now = timezone.now()
    inserting.people_insert(rows=both)
    genre_ids = inserting.genres_insert(rows=both)
    inserting.titles_insert(scheme=source.scheme, rows=found.new, genre_ids=genre_ids, now=now)
    contents_touch(found.new)
    if found.changed:
        before = records_by_id(scheme=source.scheme, ids=found.changed)
        changing.titles_change(source=source, rows=found.changed, before=before, genre_ids=genre_ids, now=now)
