"""Opening a source file, plain or gzip, and reading it by bounded lines.

Entry point: `opened`. Failure: `Unreadable` when nothing can be read at all, `BrokenOff` when the file ends in
the middle of its compression or the disk fails.
"""

import gzip
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

from streaming.stores.refusal import Failed

GZIP_MAGIC = b"\x1f\x8b"
GZIP_END_BYTES = 4  # the last of a gzip file: how many bytes were packed, modulo 2^32 (RFC 1952)
SKIP_BYTES = 1 << 16


class ImportFailed(Failed):
    """Why an import ended without its work done: one sentence for the operator."""


class Unreadable(ImportFailed):
    """Nothing of the file can be imported."""


class BrokenOff(Exception):
    """The file cannot be read any further; what came before is sound. The message is the reason."""


class SourceFile:
    """A file's bytes by line. `position` counts bytes of the file itself, compressed or not."""

    def __init__(self, raw: BinaryIO, data: BinaryIO, size: int, path: Path, end: bytes = b"") -> None:
        self.paths = (path,)
        self._raw = raw
        self._data = data
        self._end = end
        self.size = size

    @property
    def position(self) -> int:
        return self._raw.tell()

    @property
    def is_whole(self) -> bool:
        """Whether the file proves by its own end that nothing of it is missing. To be asked when all of it is read.

        A gzip file that was read to its end has the checksum of what was packed. One of several packed parts proves it
        of those parts only, and its size is not that of them all: it is as doubtful as a plain file.
        """
        return bool(self._end) and self._data.tell() % 2**32 == int.from_bytes(self._end, "little")

    def line(self, limit: int) -> bytes:
        """The next line with its end, at most `limit` bytes of it; empty at the end of the file."""
        return self._read(self._data.readline, limit)

    def block(self, limit: int) -> bytes:
        """The next bytes, at most `limit`; empty at the end of the file."""
        return self._read(self._data.read, limit)

    @staticmethod
    def _read(read: Callable[[int], bytes], limit: int) -> bytes:
        try:
            return read(limit)
        except EOFError as error:
            raise BrokenOff("the compressed file is cut off") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise BrokenOff(f"the compressed file is damaged ({error})") from error
        except OSError as error:
            raise BrokenOff(f"it cannot be read ({error.strerror})") from error

    def skip_line(self) -> int:
        """Reads to the end of the line in flat memory and returns the bytes skipped."""
        skipped = 0
        while piece := self.line(SKIP_BYTES):
            skipped += len(piece)
            if piece.endswith(b"\n"):
                break
        return skipped


@contextmanager
def opened(path: Path) -> Iterator[SourceFile]:
    """The file at `path`; gzip when its name or its first bytes say so. Raises `Unreadable`."""
    try:
        if path.exists() and not path.is_file():
            raise Unreadable(f"{path} is not a file.")
        raw = path.open("rb")
    except OSError as error:
        raise Unreadable(f"{path} cannot be opened: {error.strerror}.") from error
    with raw:
        magic = _first_bytes(raw, path)
        if path.suffix == ".gz" and magic != GZIP_MAGIC:
            raise Unreadable(f"{path} is named .gz but is not a gzip file.")
        size = path.stat().st_size
        if magic != GZIP_MAGIC:
            yield SourceFile(raw, raw, size, path)
            return
        end = _last_bytes(raw, path, size)
        with gzip.GzipFile(fileobj=raw) as data:
            yield SourceFile(raw, cast(BinaryIO, data), size, path, end)


def _first_bytes(raw: BufferedReader, path: Path) -> bytes:
    try:
        return raw.peek(len(GZIP_MAGIC))[: len(GZIP_MAGIC)]
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}.") from error


def _last_bytes(raw: BufferedReader, path: Path, size: int) -> bytes:
    try:
        return os.pread(raw.fileno(), GZIP_END_BYTES, max(0, size - GZIP_END_BYTES))
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}.") from error
