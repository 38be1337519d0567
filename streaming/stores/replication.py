"""Logical replication from the analytics primary to its replica, set up by calls that may be repeated.

`set_up` makes whatever is missing of: the role the subscriber connects as, publication `analytics_pub` with
column lists, subscription `analytics_sub` with its slot. Only the listed columns ever leave the primary. The
replica's tables are made by migrations beforehand and written by the apply worker alone; they are emptied
when the subscription is created, because an insert that meets an existing row stops the apply worker.

Entry points: `set_up`, `wait_until_applied`. Failure: `django.db.Error`s; `ReplicaBehind` from waiting.
"""

import time
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.db import connections
from psycopg2 import sql

from streaming.stores.router import ANALYTICS, REPLICA

PUBLICATION = "analytics_pub"
SUBSCRIPTION = "analytics_sub"
REPLICATOR = "analytics_replicator"
POLL_SECONDS = 0.02

Columns = Sequence[str]


class ReplicaBehind(TimeoutError):
    """The replica has not applied the primary's changes within the time given."""


def set_up(published: Mapping[str, Columns]) -> list[str]:
    """Publishes `published` (table to columns) and subscribes the replica. Returns what was done, a line each."""
    return [*_publish(published), *_subscribe(published)]


def subscribed() -> bool:
    """Whether the replica's database has the subscription, so that waiting for it makes sense."""
    return bool(
        _scalar(
            REPLICA,
            "SELECT count(*) FROM pg_subscription WHERE subname = %s "
            "AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
            SUBSCRIPTION,
        )
    )


def wait_until_applied(seconds: float) -> None:
    """Returns once the replica has applied all that is committed on the primary now. Raises `ReplicaBehind`."""
    target = _scalar(ANALYTICS, "SELECT pg_current_wal_insert_lsn()")
    give_up_at = time.monotonic() + seconds
    while not _applied(str(target)):
        if time.monotonic() > give_up_at:
            raise ReplicaBehind(f"the replica has not applied {target} within {seconds:g} s")
        time.sleep(POLL_SECONDS)


def _applied(lsn: str) -> bool:
    """Every published table is past its first copy, and the apply worker has reported `lsn`."""
    copying = _scalar(REPLICA, "SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'")
    if copying:
        return False
    return bool(
        _scalar(
            ANALYTICS,
            """SELECT coalesce(bool_or(r.replay_lsn >= %s::pg_lsn), false)
                 FROM pg_stat_replication r JOIN pg_replication_slots s ON s.active_pid = r.pid
                WHERE s.slot_name = %s""",
            lsn,
            settings.REPLICATION_SLOT,
        )
    )


def _publish(published: Mapping[str, Columns]) -> list[str]:
    done = []
    if make_role(ANALYTICS, REPLICATOR, settings.REPLICATION_PASSWORD, attributes="LOGIN REPLICATION"):
        done.append(f"role {REPLICATOR} made on the primary")
    for table, columns in published.items():
        _run(
            ANALYTICS,
            sql.SQL("GRANT SELECT ({}) ON {} TO {}").format(
                _names(columns), sql.Identifier(table), sql.Identifier(REPLICATOR)
            ),
        )
    tables = sql.SQL(", ").join(
        sql.SQL("{} ({})").format(sql.Identifier(table), _names(columns))
        for table, columns in published.items()
    )
    if not _scalar(ANALYTICS, "SELECT count(*) FROM pg_publication WHERE pubname = %s", PUBLICATION):
        _run(
            ANALYTICS,
            sql.SQL("CREATE PUBLICATION {} FOR TABLE {}").format(_name(PUBLICATION), tables),
        )
        return [*done, f"publication {PUBLICATION} created"]
    if _published() != {table: sorted(columns) for table, columns in published.items()}:
        _run(
            ANALYTICS,
            sql.SQL("ALTER PUBLICATION {} SET TABLE {}").format(_name(PUBLICATION), tables),
        )
        done.append(f"publication {PUBLICATION} brought up to date")
    return done


def _published() -> dict[str, list[str]]:
    with connections[ANALYTICS].cursor() as cursor:
        cursor.execute(
            "SELECT tablename, attnames::text[] FROM pg_publication_tables WHERE pubname = %s",
            [PUBLICATION],
        )
        return {table: sorted(columns) for table, columns in cursor.fetchall()}


def _subscribe(published: Mapping[str, Columns]) -> list[str]:
    present = _scalar(
        REPLICA,
        "SELECT subconninfo FROM pg_subscription WHERE subname = %s "
        "AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
        SUBSCRIPTION,
    )
    if present is None:
        return [*_drop_orphaned_slot(), _create_subscription(published)]
    done = []
    if present != _publisher():
        _run(
            REPLICA,
            sql.SQL("ALTER SUBSCRIPTION {} CONNECTION {}").format(
                _name(SUBSCRIPTION), sql.Literal(_publisher())
            ),
        )
        done.append(f"subscription {SUBSCRIPTION} points at the primary's present address")
    _run(REPLICA, sql.SQL("ALTER SUBSCRIPTION {} ENABLE").format(_name(SUBSCRIPTION)))
    _run(REPLICA, sql.SQL("ALTER SUBSCRIPTION {} REFRESH PUBLICATION").format(_name(SUBSCRIPTION)))
    return done


def _create_subscription(published: Mapping[str, Columns]) -> str:
    _run(REPLICA, sql.SQL("TRUNCATE {}").format(_names(list(published))))
    _run(
        REPLICA,
        sql.SQL("CREATE SUBSCRIPTION {} CONNECTION {} PUBLICATION {} WITH (slot_name = {})").format(
            _name(SUBSCRIPTION),
            sql.Literal(_publisher()),
            _name(PUBLICATION),
            sql.Literal(settings.REPLICATION_SLOT),
        ),
    )
    return f"subscription {SUBSCRIPTION} created"


def _drop_orphaned_slot() -> list[str]:
    """A replica that was rebuilt left its slot behind: it holds WAL for nobody and blocks the new one."""
    slot = settings.REPLICATION_SLOT
    if not _scalar(
        ANALYTICS,
        "SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s AND NOT active",
        slot,
    ):
        return []
    _scalar(ANALYTICS, "SELECT pg_drop_replication_slot(%s)::text", slot)
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


def make_role(alias: str, role: str, password: str, *, attributes: str) -> bool:
    """Gives the server of `alias` the role with these attributes and password. True when it was not there.

    Roles belong to a server, not a database, so a second database may race for one: losing is no error.
    """
    missing = not _scalar(alias, "SELECT count(*) FROM pg_roles WHERE rolname = %s", role)
    if missing:
        _run(
            alias,
            sql.SQL(
                "DO $$ BEGIN CREATE ROLE {}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            ).format(_name(role)),
        )
    _run(
        alias,
        sql.SQL("ALTER ROLE {} WITH {} PASSWORD {}").format(
            _name(role), sql.SQL(attributes), sql.Literal(password)
        ),
    )
    return missing


def _name(name: str) -> sql.Identifier:
    return sql.Identifier(name)


def _names(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _run(alias: str, statement: sql.Composable) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)


def _scalar(alias: str, query: str, *parameters: str) -> object:
    """The first column of the first row, or None without rows."""
    with connections[alias].cursor() as cursor:
        cursor.execute(query, parameters)
        row = cursor.fetchone()
    return None if row is None else row[0]
