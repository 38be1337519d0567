"""Keeping writers off a database while reads go on: each new session of it begins read-only.

A session that writes gets PostgreSQL's `read_only_sql_transaction`, which `streaming.stores.outage` counts as an
outage: the API answers 503. It keeps off whoever does not know of it, not whoever sets the session writable.

Entry points: `fence`, `unfence`, `fenced`, `write_all_the_same`. Failure: `django.db.Error`s; `SessionsStay`.
"""

import time

from django.db import connections
from psycopg2 import sql

from streaming.stores.refusal import Failed
from streaming.stores.statements import rows, run, scalar

SECONDS_TO_END = 10.0
POLL_SECONDS = 0.02

# A session locks its database before it reads the settings, and lets go once it is listed: without the second half
# one that read them before the change, and is listed after we have looked, would go on as it began.
BEGUN_BEFORE = """
SELECT pid FROM pg_stat_activity
 WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
   AND backend_start <= %s::timestamptz
 UNION
SELECT pid FROM pg_locks
 WHERE locktype = 'object' AND classid = 'pg_database'::regclass AND mode = 'RowExclusiveLock'
   AND objid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()
"""


class SessionsStay(Failed):
    """Sessions from before the change were told to end, and did not; the change itself stands."""


def fence(alias: str) -> None:
    """New sessions are read-only, and those from before have ended, ours excepted, which stays writable. Repeatable."""
    write_all_the_same(alias)
    run(alias, _alter(alias, "SET default_transaction_read_only = on"))
    _end_other_sessions(
        alias,
        "the primary is fenced all the same: end them and run `manage.py replication promote` again, "
        "or give it back with `manage.py replication promote --undo`",
    )


def unfence(alias: str) -> None:
    """Sessions may write again; those that began read-only have ended. Repeatable."""
    write_all_the_same(alias)
    run(alias, _alter(alias, "RESET default_transaction_read_only"))
    _end_other_sessions(alias, "new ones may write; these stay read-only until they end")


def fenced(alias: str) -> bool:
    return bool(
        scalar(
            alias,
            """SELECT count(*) FROM pg_db_role_setting
                WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
                  AND setrole = 0 AND 'default_transaction_read_only=on' = ANY(setconfig)""",
        )
    )


def write_all_the_same(alias: str) -> None:
    """For this process's own session of a fenced database."""
    run(alias, sql.SQL("SET default_transaction_read_only = off"))


def _alter(alias: str, change: str) -> sql.Composed:
    database = sql.Identifier(str(connections[alias].settings_dict["NAME"]))
    return sql.SQL("ALTER DATABASE {} {}").format(database, sql.SQL(change))


def _end_other_sessions(alias: str, otherwise: str) -> None:
    """Ends whoever may have read the settings before they were changed, which is committed by now."""
    changed_at = str(scalar(alias, "SELECT clock_timestamp()::text"))
    give_up_at = time.monotonic() + SECONDS_TO_END
    while before := [pid for (pid,) in rows(alias, BEGUN_BEFORE, changed_at)]:
        if time.monotonic() > give_up_at:
            raise SessionsStay(
                f"sessions {', '.join(map(str, sorted(before)))} of {alias} do not end; {otherwise}"
            )
        for pid in before:
            scalar(alias, "SELECT pg_terminate_backend(%s)", pid)
        time.sleep(POLL_SECONDS)
