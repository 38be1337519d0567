"""Whose external ids would be by now in a dry run, which writes none of them where an import would find them.

On disk, so that memory stays flat however many there are. Entry points: `claims_foreseen`, `Foreseen`. Failure:
`files.ImportFailed` where temporary files cannot be written.
"""

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from uuid import UUID

from catalog.importing.identity import Claims, claim_id
from catalog.importing.private import private_store

TABLE = "CREATE TABLE claims (id TEXT PRIMARY KEY, title TEXT) WITHOUT ROWID"
CLAIM = "INSERT OR IGNORE INTO claims VALUES (?, ?)"
OWNER = "SELECT title FROM claims WHERE id = ?"


class Foreseen:
    """Claims of the batches so far, each of the title that the first row with it is of."""

    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store

    def claims_of(self, ids: Collection[tuple[str, str]]) -> Claims:
        """The titles that would have these ids, each a scheme and a value."""
        owners = {each: self._store.execute(OWNER, (claim_id(*each),)).fetchone() for each in ids}
        return {each: UUID(owner[0]) for each, owner in owners.items() if owner}

    def claim(self, claims: Claims) -> None:
        self._store.executemany(CLAIM, ((claim_id(*each), str(title)) for each, title in claims.items()))


@contextmanager
def claims_foreseen() -> Iterator[Foreseen]:
    with private_store(TABLE) as store:
        yield Foreseen(store)
