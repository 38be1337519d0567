"""Tab-separated text by row, as the IMDb's dumps have it: a header, no quoting (a quote is an ordinary character),
`\\N` for null, rows sorted by their first column, which is an id. In flat memory whatever the file holds.

Entry point: `rows`. Failure: `files.Unreadable` for a file that is another one, or not sorted; `files.BrokenOff` where
it ends early. A row that cannot be read is noted, and reading goes on behind it.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from catalog.importing.files import BrokenOff, SourceFile, Unreadable
from catalog.importing.records import Note, rejection
from streaming.stores.units import counted

BLOCK_BYTES = 1 << 18
LINE_BYTES = 1 << 20
NULL = "\\N"

Cells = list[str | None]
Read = tuple[int, int, Cells]  # line, bytes, cells


class Table(NamedTuple):
    """What a file of a dump is: its name less the endings, its columns, and what ids look like in the first."""

    name: str
    columns: tuple[str, ...]
    ids: re.Pattern[str]
    id_repeats: bool = False


def rows(file: SourceFile, table: Table, note: Callable[[Note], None]) -> Iterator[Read]:
    """Each row. `note` takes those that are left out."""
    lines = _lines(file)
    _expect_header(lines, table)
    last, last_line = "", 0
    for number, data, fault in lines:
        cells, problem = ([], fault) if fault else _cells(data, table)
        key = cells[0] or "" if cells else ""
        if not problem and key == last and not table.id_repeats:
            problem = f"the same id is on line {last_line} already"
        if problem:
            note(rejection(line=number, reason=problem, key=key[:50], file=file.paths[0].name))
            continue
        if key < last:
            raise Unreadable(
                f"{table.name} is not sorted by its first column: {key} on line {number} stands behind {last}. "
                "Sort the rows below its header (LC_ALL=C sort) and run this again."
            )
        last, last_line = key, number
        yield number, len(data), cells


def _cells(data: bytes, table: Table) -> tuple[Cells, str]:
    """The cells of a line, and what is wrong with them."""
    try:
        cells: Cells = [*data.decode().split("\t")]
    except UnicodeDecodeError as error:
        return [], f"holds bytes that are not UTF-8 (byte {error.start + 1} of the line)"
    if len(cells) != len(table.columns):
        return cells, f"{counted(len(cells), 'column')} instead of {len(table.columns)}"
    if b"\0" in data:
        return cells, "holds a NUL byte"
    if not table.ids.fullmatch(cells[0] or ""):
        return cells, f"{table.columns[0]} {str(cells[0])[:50]!r} is no id like {table.ids.pattern}"
    return [None if cell == NULL else cell for cell in cells], ""


def _expect_header(lines: Iterator[tuple[int, bytes, str]], table: Table) -> None:
    try:
        _, data, _ = next(lines, (0, b"", ""))
    except BrokenOff as error:
        raise Unreadable(f"Nothing of {table.name} could be read: {error}.") from error
    names = data.decode(errors="replace").removeprefix("\ufeff").split("\t")
    if names != list(table.columns):
        wanted = ", ".join(table.columns)
        raise Unreadable(
            f"{table.name} is another file: its first line must name {wanted}, with tabs between."
        )


def _lines(file: SourceFile) -> Iterator[tuple[int, bytes, str]]:
    """Number, bytes without the end, and what is wrong of each line. Read by blocks: there are hundreds of millions."""
    number, rest = 0, b""
    while block := file.block(BLOCK_BYTES):
        pieces = (rest + block).split(b"\n")
        rest = pieces.pop()
        for piece in pieces:
            number += 1
            yield number, piece.removesuffix(b"\r"), ""
        if len(rest) > LINE_BYTES:
            number += 1
            yield number, *_given_up(rest, file)
            rest = b""
    if rest:
        raise BrokenOff("its last line has no end")


def _given_up(begun: bytes, file: SourceFile) -> tuple[bytes, str]:
    """The beginning of a line that is too long, and why it is left out; the file is read to the line's end."""
    size = len(begun) + file.skip_line()
    return begun[:1000], f"the line has {size:,} bytes, more than {LINE_BYTES:,}"
