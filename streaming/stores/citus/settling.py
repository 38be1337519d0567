"""Whether every node shows what the coordinator committed.

A transaction over several nodes is prepared on each, committed on the coordinator and then on the others: for a moment
a worker lags behind. If a server dies in that moment, Citus commits the rest when it is back (`pg_dist_transaction`).

Entry point: `all_settled`. Failure: `django.db.Error`s.
"""

from streaming.stores.aliases import CATALOG
from streaming.stores.citus.cluster import extension_version
from streaming.stores.statements import scalar

UNSETTLED = """
SELECT bool_and(success AND result = '0') FROM run_command_on_all_nodes(
       $$SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()$$)
"""


def all_settled() -> bool:
    """Whether no node has a transaction that is prepared and not committed; False while one cannot be asked."""
    return extension_version() is None or bool(scalar(CATALOG, UNSETTLED))
