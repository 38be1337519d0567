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
from django.db import connections, transaction
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
    """Publishes `published` (table to columns) and subscribes the replica. Returns what was done, a line each.

    The replica is emptied and copied again when what is published has changed, for the rows it has were copied
    under the former list, and when its slot is gone, for nobody kept what it has missed.
    """
    copied_as = _published()
    done = _publish(published)
    return [*done, *_subscribe(published, copy_again=copied_as != _published() or not _slot_usable())]


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
    grant_columns(ANALYTICS, REPLICATOR, published)
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


def _subscribe(published: Mapping[str, Columns], *, copy_again: bool) -> list[str]:
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
        _alter_subscription(sql.SQL("CONNECTION {}").format(sql.Literal(_publisher())))
        done.append(f"subscription {SUBSCRIPTION} points at the primary's present address")
    if copy_again:
        return [*done, _drop_subscription(), _create_subscription(published)]
    _alter_subscription(sql.SQL("ENABLE"))
    _alter_subscription(sql.SQL("REFRESH PUBLICATION"))
    return done


def _drop_subscription() -> str:
    """Dropping a subscription drops its slot, and fails where there is none to drop."""
    if not _slot_exists():
        _alter_subscription(sql.SQL("DISABLE"))
        _alter_subscription(sql.SQL("SET (slot_name = NONE)"))
    _run(REPLICA, sql.SQL("DROP SUBSCRIPTION {}").format(_name(SUBSCRIPTION)))
    return f"subscription {SUBSCRIPTION} dropped: the replica's rows have to be copied again"


def _alter_subscription(change: sql.Composable) -> None:
    _run(REPLICA, sql.SQL("ALTER SUBSCRIPTION {} {}").format(_name(SUBSCRIPTION), change))


def _slot_exists() -> bool:
    return bool(
        _scalar(
            ANALYTICS,
            "SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s",
            settings.REPLICATION_SLOT,
        )
    )


def _slot_usable() -> bool:
    """It is there and still has all the WAL that the replica needs."""
    return bool(
        _scalar(
            ANALYTICS,
            "SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s AND wal_status <> 'lost'",
            settings.REPLICATION_SLOT,
        )
    )


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


def grant_columns(alias: str, role: str, tables: Mapping[str, Columns]) -> None:
    """Lets the role read these columns and nothing else: any right it was given before is taken back."""
    wanted = {("public", table, column, "SELECT") for table, columns in tables.items() for column in columns}
    granted = _granted(alias, role)
    if granted == wanted:
        return
    with transaction.atomic(using=alias):
        for schema, table in {right[:2] for right in granted}:
            _run(
                alias, sql.SQL("REVOKE ALL ON {} FROM {}").format(sql.Identifier(schema, table), _name(role))
            )
        for table, columns in tables.items():
            _run(
                alias,
                sql.SQL("GRANT SELECT ({}) ON {} TO {}").format(_names(columns), _name(table), _name(role)),
            )


def _granted(alias: str, role: str) -> set[tuple[str, str, str, str]]:
    """The role's own rights: schema, table, column (empty: the whole table), privilege."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            """WITH held AS (
                   SELECT oid AS relation, '' AS column, relacl AS acl FROM pg_class
                   UNION ALL SELECT attrelid, attname::text, attacl FROM pg_attribute)
               SELECT n.nspname::text, c.relname::text, held.column, x.privilege_type
                 FROM held JOIN pg_class c ON c.oid = held.relation JOIN pg_namespace n ON n.oid = c.relnamespace
                CROSS JOIN LATERAL aclexplode(held.acl) x
                WHERE x.grantee = (SELECT oid FROM pg_roles WHERE rolname = %s)""",
            [role],
        )
        return set(cursor.fetchall())


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
