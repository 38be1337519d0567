"""The report of an import: a CSV file with a line for every row that was rejected, mended or met a conflict.

It is opened before anything is imported, so that a path that cannot be written costs nothing.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from catalog.importing.files import ImportFailed, Unreadable
from catalog.importing.records import Note
from streaming.api.spreadsheets import Cell, no_formula

LONGEST_CELL = 500


@contextmanager
def report_to(
    path: Path | None, *, sources: Sequence[Path], key_name: str
) -> Iterator[Callable[[Note], None]]:
    """What takes notes and writes them to `path`, or takes them and does nothing. Raises `ImportFailed`.

    `sources` are the files that are imported, `key_name` is the source's own name for its ids.
    """
    if path is None:
        yield _leave_out
        return
    try:
        if path.exists() and any(map(path.samefile, sources)):
            raise Unreadable("The report would overwrite the file it reports on: name another one.")
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\r\n")  # else a `\r` in a cell would end its line
            writer.writerow(("line", key_name, "outcome", "reason", "title", "file"))
            yield lambda note: writer.writerow(
                [
                    note.line,
                    *map(_cell, (note.key, note.outcome, note.reason, note.title)),
                    note.file or sources[0].name,
                ]
            )
    except OSError as error:
        raise ImportFailed(f"The report {path} cannot be written: {error.strerror}.") from error


def _leave_out(note: Note) -> None:
    """Without a report the counts are all there is."""


def _cell(text: str) -> Cell:
    """Short, and nothing that a spreadsheet computes: the rows are a stranger's."""
    short = text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
    return no_formula(short)
