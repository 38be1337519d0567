"""Delimited text by record, in flat memory whatever the file holds.

`records` yields each record with the physical line it begins on, or why it cannot be read; reading goes on
behind it. A quote that is never closed would swallow the file: a record is given up at `RECORD_BYTES` (or at
the csv module's own limit of 131,072 characters a field), and reading resumes on the line after the one the
record began on, so that the damage is one row. Each line is read at most twice for that: a second unclosed
quote within the lines given back would have closed the first.
"""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from catalog.importing.files import SourceFile

RECORD_BYTES = 1 << 20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Delimited:
    """One record: its fields, or with `problem` why there are none to trust (`fields` then is a best effort)."""

    line: int
    size: int
    fields: list[str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    size: int
    text: str
    problem: str


class _TooLong(Exception):
    pass


def records(file: SourceFile) -> Iterator[Delimited]:
    """The records of a comma-separated file, quoted as RFC 4180 says. Raises `files.BrokenOff`."""
    lines = _Lines(file)
    reader = csv.reader(lines, strict=True)
    while True:
        lines.begin()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLong) as error:
            first = lines.taken[0]
            yield Delimited(first.number, first.size, first.text.split(","), first.problem or _said(error))
            lines.give_back()
            continue
        if fields:
            first = lines.taken[0]
            problem = next((line.problem for line in lines.taken if line.problem), "")
            yield Delimited(first.number, lines.size, fields, problem)


def _said(error: csv.Error | _TooLong) -> str:
    if str(error) == "unexpected end of data":
        return "a quote is never closed"
    if str(error).startswith("field larger"):
        return f"{error}: a quote may not be closed"
    return str(error) if isinstance(error, _TooLong) else f"not well-formed: {error}"


class _Lines:
    """The file's lines as text, for the csv module to iterate; those of the record under way can be given back."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._read = 0
        self._back: deque[_Line] = deque()
        self.taken: list[_Line] = []
        self.size = 0

    def begin(self) -> None:
        self.taken = []
        self.size = 0

    def give_back(self) -> None:
        """Puts back all lines of the record but its first."""
        self._back.extendleft(reversed(self.taken[1:]))

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else self._next()
        if line is None:
            raise StopIteration
        self.taken.append(line)
        self.size += line.size
        if self.size > RECORD_BYTES:
            raise _TooLong(f"no end of the row within {RECORD_BYTES:,} bytes: a quote may not be closed")
        return line.text

    def _next(self) -> _Line | None:
        data = self._file.line(RECORD_BYTES + 1)
        if not data:
            return None
        self._read += 1
        if len(data) > RECORD_BYTES:
            size = len(data) if data.endswith(b"\n") else len(data) + self._file.skip_line()
            text = data[:1000].decode(errors="replace")
            return _Line(self._read, size, text, f"the line has {size:,} bytes, more than {RECORD_BYTES:,}")
        return _decoded(self._read, data.removeprefix(BYTE_ORDER_MARK) if self._read == 1 else data)


def _decoded(number: int, data: bytes) -> _Line:
    if b"\0" in data:
        return _Line(
            number, len(data), data.replace(b"\0", b"?").decode(errors="replace"), "holds a NUL byte"
        )
    try:
        return _Line(number, len(data), data.decode(), "")
    except UnicodeDecodeError as error:
        text = data.decode(errors="replace")
        return _Line(
            number, len(data), text, f"holds bytes that are not UTF-8 (byte {error.start + 1} of the line)"
        )
