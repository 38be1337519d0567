"""A private SQLite file for what an import must hold and memory must not: it is gone when it is closed.

Entry point: `private_store`. Failure: `ImportFailed` where the folder for temporary files cannot be written.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from catalog.importing.files import ImportFailed

CACHE_KIBIBYTES = 16_384


@contextmanager
def private_store(*tables: str) -> Iterator[sqlite3.Connection]:
    """With these tables, each as `CREATE TABLE` says it, in one transaction that never ends."""
    store = sqlite3.connect("", isolation_level=None)  # "" is a temporary file of our own
    try:
        store.execute("PRAGMA journal_mode = OFF")
        store.execute("PRAGMA synchronous = OFF")
        store.execute("PRAGMA temp_store = FILE")
        store.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")
        for table in tables:
            store.execute(table)
        store.execute("BEGIN")
        yield store
    except sqlite3.OperationalError as error:
        raise ImportFailed(f"The folder for temporary files cannot be written: {error}.") from error
    finally:
        store.close()
