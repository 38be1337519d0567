"""Logical replication from the analytics primary to its replica, set up by calls that may be repeated.

`set_up` makes whatever is missing of: the role the subscriber connects as, publication `analytics_pub` with
column lists, subscription `analytics_sub` with its slot. Only the listed columns ever leave the primary. The
replica's tables are made by migrations beforehand and written by the apply worker alone; they are emptied
when the subscription is created, because an insert that meets an existing row stops the apply worker.

The subscription's comment is the column lists its rows were copied under. It is taken off before the publication
changes and written after the copy has begun, so that a set-up that ends half-way is finished by the next.

Entry points: `set_up`, `subscribed`. Failure: `django.db.Error`s; `Refused` where the replica would be a primary,
`AnotherAtWork` while it is rebuilt or promoted.
"""

import json
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.db import connections, transaction
from psycopg2 import sql

from streaming.stores.aliases import ANALYTICS, REPLICA
from streaming.stores.refusal import Refused
from streaming.stores.replication.leaving import alone_on_replica, drop_slots, unsubscribe
from streaming.stores.replication.promotion.building import is_whole
from streaming.stores.replication.publication import ALL_KINDS, sent_whole
from streaming.stores.replication.subscription import (
    PUBLICATION,
    SUBSCRIPTION,
    alter_subscription,
    of_subscription,
    subscribed,
)
from streaming.stores.roles import grant_columns, make_role
from streaming.stores.statements import names, rows, run, scalar

__all__ = ["PUBLICATION", "SUBSCRIPTION", "set_up", "subscribed"]

REPLICATOR = "analytics_replicator"

Columns = Sequence[str]
ColumnLists = dict[str, list[str]]


def set_up(published: Mapping[str, Columns]) -> list[str]:
    """Publishes `published` (table to columns) and subscribes the replica. Returns what was done, a line each.

    The replica is emptied and copied again when what is published has changed, for the rows it has were copied
    under the former lists, or some were never sent; and when its slot is gone, for nobody kept what it has missed.
    """
    with alone_on_replica():
        if is_whole(REPLICA):
            raise Refused(
                "The replica's address leads to a primary, or to a former one: see `manage.py replication status`"
            )
        return _set_up(published, {table: sorted(columns) for table, columns in published.items()})


def _set_up(published: Mapping[str, Columns], wanted: ColumnLists) -> list[str]:
    done = _role(published)
    if sent_whole() != wanted:
        if subscribed():
            _note_copied_as(None)
        done.append(_publish(published))
    if subscribed():
        done += _point_at_primary()
        if _copied_as() == wanted and _slot_usable():
            alter_subscription(sql.SQL("ENABLE"))
            alter_subscription(sql.SQL("REFRESH PUBLICATION"))
            return done
    return [*done, *unsubscribe(), *drop_slots(), _create_subscription(wanted)]


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
    with transaction.atomic(using=ANALYTICS):
        if not _publication_lists_tables():
            run(ANALYTICS, sql.SQL("DROP PUBLICATION IF EXISTS {}").format(publication))
            run(ANALYTICS, sql.SQL("CREATE PUBLICATION {} FOR TABLE {}").format(publication, tables))
            return f"publication {PUBLICATION} created"
        run(ANALYTICS, sql.SQL("ALTER PUBLICATION {} SET TABLE {}").format(publication, tables))
        run(
            ANALYTICS,
            sql.SQL("ALTER PUBLICATION {} SET (publish = {})").format(publication, sql.Literal(ALL_KINDS)),
        )
    return f"publication {PUBLICATION} brought up to date"


def _publication_lists_tables() -> bool:
    """One of all tables, or of a schema's, takes no column lists."""
    query = """SELECT NOT p.puballtables AND NOT EXISTS (SELECT FROM pg_publication_namespace WHERE pnpubid = p.oid)
                 FROM pg_publication p WHERE p.pubname = %s"""
    return rows(ANALYTICS, query, PUBLICATION) == [(True,)]


def _copied_as() -> ColumnLists | None:
    """What was published when the replica's rows were copied; None when that is not noted."""
    comment = of_subscription("obj_description(oid, 'pg_subscription')")
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
    if of_subscription("subconninfo") == _publisher():
        return []
    alter_subscription(sql.SQL("CONNECTION {}").format(sql.Literal(_publisher())))
    return [f"subscription {SUBSCRIPTION} points at the primary's present address"]


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
