"""Which keys a file has had so far, in flat memory: a private SQLite file that is gone when it is closed.

A set of ten million keys would be a gigabyte; here the cache is two megabytes and the rest is on disk.
"""

import sqlite3
from types import TracebackType

from catalog.importing.files import ImportFailed


class SeenKeys:
    """The line on which each key came first. A context manager."""

    def __init__(self) -> None:
        self._store = sqlite3.connect("", isolation_level=None)  # "" is a temporary file of our own
        self._store.execute("PRAGMA journal_mode = OFF")
        self._store.execute("PRAGMA synchronous = OFF")
        self._store.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID")
        self._store.execute("BEGIN")

    def __enter__(self) -> "SeenKeys":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.close()

    def first_line(self, key: str, line: int) -> int:
        """The line that had `key` first: `line` itself when it is new, which is remembered."""
        try:
            added = self._store.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, line)).rowcount
        except sqlite3.OperationalError as error:
            raise ImportFailed(f"The folder for temporary files cannot be written: {error}.") from error
        if added:
            return line
        (first,) = self._store.execute("SELECT line FROM seen WHERE key = ?", (key,)).fetchone()
        return int(first)
