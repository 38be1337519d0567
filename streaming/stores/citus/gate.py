"""Holds new writers of a table back, before they are planned, while Citus switches the table to its shards.

At the end of `create_distributed_table_concurrently` Citus stops writers that are planned already, and sends them
to the new shards afterwards. It can do so with simple statements only: an `INSERT … SELECT` that waited there
ends in "could not find valid entry for shard". A writer that waits for the table itself is planned after the
switch, whatever it says. Citus holds the table in a mode that lets nobody lock writers out, but whoever waits for
such a lock has the writers queue up behind: that wait is the gate. Reads pass.

It closes within `SAMPLE_SECONDS` of the switch's beginning, so a statement of that kind that came in between still
fails; how often: docs/adr/0009.

Entry points: `closed_at_the_switch`, `SESSION`. Failure: none; where the gate fails, the move goes on without it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from streaming.stores.aliases import CATALOG
from streaming.stores.statements import scalar

SAMPLE_SECONDS = 0.004
SESSION = "streaming: gate"
# Citus' lock on the metadata of the shard that is the whole table until now; 4 is its class of such locks.
SWITCHING = """
SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = %s AND objsubid = 4
                  AND mode = 'ExclusiveLock')
"""


@contextmanager
def closed_at_the_switch(table: str) -> Iterator[None]:
    """To be held around `create_distributed_table_concurrently` of that table, on the catalog's connection."""
    mover = int(scalar(CATALOG, "SELECT pg_backend_pid()"))
    done = threading.Event()
    session = connections[CATALOG].copy()
    session.inc_thread_sharing()
    session.ensure_connection()
    thread = threading.Thread(target=_close, args=(session, mover, table, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        # Where a transaction of somebody else's keeps the gate waiting, nobody is to wait behind it any more.
        session.connection.cancel()
        thread.join()
        session.close()


def _close(session: BaseDatabaseWrapper, mover: int, table: str, done: threading.Event) -> None:
    with suppress(Error), session.cursor() as cursor:
        cursor.execute("SET application_name = %s", [SESSION])
        cursor.execute(
            "SET client_connection_check_interval = '1s'"
        )  # a gate ends with the run it belongs to
        while not done.wait(SAMPLE_SECONDS):
            cursor.execute(SWITCHING, [mover])
            if cursor.fetchone() == (True,):
                # LOCK TABLE would be Citus' own, which locks the table on each node first.
                cursor.execute("SELECT lock_relation_if_exists(%s, 'EXCLUSIVE')", [table])
                return
