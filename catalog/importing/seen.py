"""Which keys a file has had so far, in flat memory.

A set of ten million keys would be a gigabyte; here the cache is small and the rest is on disk.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from catalog.importing.private import private_store


class SeenKeys:
    """The line on which each key came first."""

    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store

    def first_line(self, key: str, line: int) -> int:
        """The line that had `key` first: `line` itself when it is new, which is remembered."""
        added = self._store.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, line)).rowcount
        if added:
            return line
        (first,) = self._store.execute("SELECT line FROM seen WHERE key = ?", (key,)).fetchone()
        return int(first)


@contextmanager
def keys_seen() -> Iterator[SeenKeys]:
    with private_store("CREATE TABLE seen (key TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID") as store:
        yield SeenKeys(store)
