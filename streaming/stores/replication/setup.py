"""Logical replication from the analytics primary to its replica, set up by calls that may be repeated.

`set_up` makes whatever is missing of: the role the subscriber connects as, publication `analytics_pub` with
column lists, subscription `analytics_sub` with its slot. Only the listed columns ever leave the primary. The
replica's tables are made by migrations beforehand and written by the apply worker alone; they are emptied
when the subscription is created, because an insert that meets an existing row stops the apply worker.

The subscription's comment is the column lists its rows were copied under. It is taken off before the publication
changes and written after the copy has begun, so that a set-up that ends half-way is finished by the next.

Entry points: `set_up`, `subscribed`. Failure: `django.db.Error`s.
"""

import json
import time
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.db import connections
from psycopg2 import sql

from streaming.stores import replica
from streaming.stores.aliases import ANALYTICS, REPLICA
from streaming.stores.roles import grant_columns, make_role
from streaming.stores.statements import names, rows, run, scalar

PUBLICATION = "analytics_pub"
SUBSCRIPTION = "analytics_sub"
REPLICATOR = "analytics_replicator"

Columns = Sequence[str]
ColumnLists = dict[str, list[str]]


def set_up(published: Mapping[str, Columns]) -> list[str]:
    """Publishes `published` (table to columns) and subscribes the replica. Returns what was done, a line each.

    The replica is emptied and copied again when what is published has changed, for the rows it has were copied
    under the former lists, and when its slot is gone, for nobody kept what it has missed.
    """
    wanted = {table: sorted(columns) for table, columns in published.items()}
    done = _role(published)
    if _published() != wanted:
        if subscribed():
            _note_copied_as(None)
        done.append(_publish(published))
    if not subscribed():
        return [*done, *_drop_orphaned_slot(), _create_subscription(wanted)]
    done += _point_at_primary()
    if _copied_as() != wanted or not _slot_usable():
        return [*done, _drop_subscription(), _create_subscription(wanted)]
    _alter_subscription(sql.SQL("ENABLE"))
    _alter_subscription(sql.SQL("REFRESH PUBLICATION"))
    return done


def subscribed() -> bool:
    """Whether the replica's database has the subscription, so that waiting for it makes sense."""
    return _of_subscription("subname") is not None


def _role(published: Mapping[str, Columns]) -> list[str]:
    made = make_role(ANALYTICS, REPLICATOR, settings.REPLICATION_PASSWORD, attributes="LOGIN REPLICATION")
    grant_columns(ANALYTICS, REPLICATOR, published)
    return [f"role {REPLICATOR} made on the primary"] if made else []


def _publish(published: Mapping[str, Columns]) -> str:
    publication = sql.Identifier(PUBLICATION)
    tables = sql.SQL(", ").join(
        sql.SQL("{} ({})").format(sql.Identifier(table), names(columns))
        for table, columns in published.items()
    )
    if not scalar(ANALYTICS, "SELECT count(*) FROM pg_publication WHERE pubname = %s", PUBLICATION):
        run(ANALYTICS, sql.SQL("CREATE PUBLICATION {} FOR TABLE {}").format(publication, tables))
        return f"publication {PUBLICATION} created"
    run(ANALYTICS, sql.SQL("ALTER PUBLICATION {} SET TABLE {}").format(publication, tables))
    return f"publication {PUBLICATION} brought up to date"


def _published() -> ColumnLists:
    query = "SELECT tablename, attnames::text[] FROM pg_publication_tables WHERE pubname = %s"
    return {table: sorted(columns) for table, columns in rows(ANALYTICS, query, PUBLICATION)}


def _copied_as() -> ColumnLists | None:
    """What was published when the replica's rows were copied; None when that is not noted."""
    comment = _of_subscription("obj_description(oid, 'pg_subscription')")
    try:
        return json.loads(comment or "null")
    except ValueError:
        return None


def _note_copied_as(published: ColumnLists | None) -> None:
    comment = None if published is None else json.dumps(published, sort_keys=True)
    run(
        REPLICA,
        sql.SQL("COMMENT ON SUBSCRIPTION {} IS {}").format(
            sql.Identifier(SUBSCRIPTION), sql.Literal(comment)
        ),
    )


def _point_at_primary() -> list[str]:
    if _of_subscription("subconninfo") == _publisher():
        return []
    _alter_subscription(sql.SQL("CONNECTION {}").format(sql.Literal(_publisher())))
    return [f"subscription {SUBSCRIPTION} points at the primary's present address"]


def _drop_subscription() -> str:
    """Dropping a subscription drops its slot, and fails where there is none to drop.

    Ends when every reader knows that the replica is not to be used: what comes next empties it.
    """
    if not _slot_exists():
        _alter_subscription(sql.SQL("DISABLE"))
        _alter_subscription(sql.SQL("SET (slot_name = NONE)"))
    run(REPLICA, sql.SQL("DROP SUBSCRIPTION {}").format(sql.Identifier(SUBSCRIPTION)))
    time.sleep(replica.KNOWN_TO_ALL.total_seconds())
    return f"subscription {SUBSCRIPTION} dropped: the replica's rows have to be copied again"


def _of_subscription(what: str) -> str | None:
    """An expression over the subscription's row in the catalogue; None without a subscription."""
    return scalar(
        REPLICA,
        f"SELECT {what} FROM pg_subscription WHERE subname = %s"  # noqa: S608  # constants of this module
        " AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
        SUBSCRIPTION,
    )


def _alter_subscription(change: sql.Composable) -> None:
    run(REPLICA, sql.SQL("ALTER SUBSCRIPTION {} {}").format(sql.Identifier(SUBSCRIPTION), change))


def _slot_exists() -> bool:
    return bool(
        scalar(
            ANALYTICS,
            "SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s",
            settings.REPLICATION_SLOT,
        )
    )


def _slot_usable() -> bool:
    """It is there and still has all the WAL that the replica needs."""
    return bool(
        scalar(
            ANALYTICS,
            "SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s AND wal_status <> 'lost'",
            settings.REPLICATION_SLOT,
        )
    )


def _create_subscription(wanted: ColumnLists) -> str:
    run(REPLICA, sql.SQL("TRUNCATE {}").format(names(list(wanted))))
    run(
        REPLICA,
        sql.SQL("CREATE SUBSCRIPTION {} CONNECTION {} PUBLICATION {} WITH (slot_name = {})").format(
            sql.Identifier(SUBSCRIPTION),
            sql.Literal(_publisher()),
            sql.Identifier(PUBLICATION),
            sql.Literal(settings.REPLICATION_SLOT),
        ),
    )
    _note_copied_as(wanted)
    return f"subscription {SUBSCRIPTION} created"


def _drop_orphaned_slot() -> list[str]:
    """A replica that was rebuilt left its slot behind: it holds WAL for nobody and blocks the new one."""
    slot = settings.REPLICATION_SLOT
    if not scalar(
        ANALYTICS,
        "SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s AND NOT active",
        slot,
    ):
        return []
    scalar(ANALYTICS, "SELECT pg_drop_replication_slot(%s)::text", slot)
    return [f"slot {slot} of a former replica dropped"]


def _publisher() -> str:
    """The primary as the replica's server reaches it: by the address the settings give."""
    primary = connections[ANALYTICS].settings_dict
    parts = {
        "host": primary["HOST"],
        "port": primary["PORT"],
        "dbname": primary["NAME"],
        "user": REPLICATOR,
        "password": settings.REPLICATION_PASSWORD,
    }
    return " ".join(f"{key}='{_quoted(str(value))}'" for key, value in parts.items())


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")
