"""What of `users` and plays leaves the primary: these tables and columns, and no other.

The publication, the replica role's grants and the foreign tables are all made from `PUBLISHED`. `STAND_INS` is what
an account has in place of what only the lost primary had.
"""

from django.db import models

from analytics.models import User, WatchHistory
from streaming.stores.aliases import REPLICA
from streaming.stores.statements import column_types

PUBLISHED: dict[type[models.Model], tuple[str, ...]] = {
    User: ("user_id", "username", "registration_date"),
    WatchHistory: (
        "history_id",
        "user_id",
        "content_id",
        "watched_at",
        "duration_watched_seconds",
        "last_position_seconds",
        "event_id",
    ),
}

# Django's unusable password: "!" and something that nobody knows, so that no reset token fits two accounts.
STAND_INS = {"users": {"password": "'!' || replace(gen_random_uuid()::text, '-', '')"}}


def published_columns() -> dict[str, tuple[str, ...]]:
    """Table name to published column names."""
    return {model._meta.db_table: columns for model, columns in PUBLISHED.items()}


def published_column_types() -> dict[str, dict[str, str]]:
    """Table name to column name and its SQL type as PostgreSQL spells it, read from the replica's catalogue."""
    return {
        table: {name: kind for name, kind in column_types(REPLICA, table).items() if name in columns}
        for table, columns in published_columns().items()
    }
