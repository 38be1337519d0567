"""Whether somebody waits for a lock in the catalog, on whichever node of it."""

from contextlib import closing

from django.db import connections

from streaming.stores.aliases import CATALOG
from tests.environment import DISTRIBUTED

PLAIN = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE %s
"""
# A statement that waits on a worker is, on the coordinator, one that waits for the network.
EVERY_NODE = """
SELECT count(*) FROM citus_lock_waits JOIN citus_dist_stat_activity ON global_pid = waiting_gpid
 WHERE datname = current_database() AND query LIKE %s
"""


def waits_in_catalog(*, statement: str = "%") -> bool:
    """Whether a statement LIKE the given waits, asked on a connection of its own: a transaction keeps its first
    picture of who does what."""
    with closing(connections[CATALOG].copy()) as other, other.cursor() as cursor:
        for asked in (PLAIN, EVERY_NODE) if DISTRIBUTED else (PLAIN,):
            cursor.execute(asked, [statement])
            if cursor.fetchone() != (0,):
                return True
    return False
