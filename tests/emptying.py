"""Taking out what a test committed. DELETE, because on tables of a few rows it is many times quicker than TRUNCATE."""

from collections.abc import Sequence

from django.db import connections

from streaming.stores.aliases import ANALYTICS, CATALOG
from streaming.stores.citus import placement
from streaming.stores.citus.writing import mixed_transaction

# Children before parents.
ANALYTICS_TABLES = (
    "user_watch_history",
    "token_blacklist_blacklistedtoken",
    "token_blacklist_outstandingtoken",
    "django_admin_log",
    "django_session",
    "users_groups",
    "users_user_permissions",
    "auth_group_permissions",
    "auth_group",
    "users",
)


def empty_catalog() -> None:
    tables = [
        *reversed(placement.distributed_tables()),
        *placement.spread_tables(),
        *placement.coordinator_tables(),
        *reversed(placement.reference_tables()),
    ]
    tables.remove("maturity_levels")  # what the migration brings stays
    with mixed_transaction(CATALOG):
        _delete(CATALOG, tables)


def empty_analytics() -> None:
    _delete(ANALYTICS, ANALYTICS_TABLES)


def _delete(alias: str, tables: Sequence[str]) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("; ".join(f"DELETE FROM {table}" for table in tables))
