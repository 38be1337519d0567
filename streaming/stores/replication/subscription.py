"""The publication and the subscription as the servers' catalogues have them.

Entry points: `published`, `subscribed`, `of_subscription`, `alter_subscription`. Failure: `django.db.Error`s.
"""

from psycopg2 import sql

from streaming.stores.aliases import ANALYTICS, REPLICA
from streaming.stores.statements import rows, run, scalar

PUBLICATION = "analytics_pub"
SUBSCRIPTION = "analytics_sub"


def published() -> dict[str, list[str]]:
    """Table to the columns that the primary sends, sorted; empty without a publication."""
    query = "SELECT tablename::text, attnames::text[] FROM pg_publication_tables WHERE pubname = %s"
    return {table: sorted(columns) for table, columns in rows(ANALYTICS, query, PUBLICATION)}


def subscribed() -> bool:
    """Whether the replica's database has the subscription, so that waiting for it makes sense."""
    return of_subscription("subname") is not None


def of_subscription(what: str) -> str | None:
    """An SQL expression over the subscription's row in the catalogue; None without a subscription."""
    return scalar(
        REPLICA,
        f"SELECT {what} FROM pg_subscription WHERE subname = %s"  # noqa: S608  # constants of this package
        " AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
        SUBSCRIPTION,
    )


def alter_subscription(change: sql.Composable) -> None:
    run(REPLICA, sql.SQL("ALTER SUBSCRIPTION {} {}").format(sql.Identifier(SUBSCRIPTION), change))
