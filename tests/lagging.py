"""A replica whose apply worker is stuck, for as long as a test likes: reads of it go on."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from django.db import connections

from streaming.stores.aliases import REPLICA


@contextmanager
def stuck_replica() -> Iterator[None]:
    """The apply worker waits for a lock at the next play or account, while the block runs."""
    with closing(connections[REPLICA].copy()) as other, other.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE users, user_watch_history IN EXCLUSIVE MODE")
        yield
        cursor.execute("ROLLBACK")
