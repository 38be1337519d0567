"""Keeping writers off a database while reads go on: each new session of it begins read-only.

A session that writes gets PostgreSQL's `read_only_sql_transaction`, which `streaming.stores.outage` counts as an
outage: the API answers 503. It keeps off whoever does not know of it, not whoever sets the session writable.

Entry points: `fence`, `unfence`, `fenced`, `write_all_the_same`. Failure: `django.db.Error`s; `SessionsStay`.
"""

from django.db import connections
from psycopg2 import sql

from streaming.stores.statements import rows, run, scalar

MILLISECONDS_TO_END = 5000
OTHERS = """
SELECT pid FROM pg_stat_activity
 WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


class SessionsStay(TimeoutError):
    """Sessions that were told to end did not."""


def fence(alias: str) -> None:
    """New sessions are read-only, and those from before have ended, ours excepted, which stays writable. Repeatable."""
    write_all_the_same(alias)
    run(alias, _alter(alias, "SET default_transaction_read_only = on"))
    _end_other_sessions(alias)


def unfence(alias: str) -> None:
    """Sessions may write again; those that began read-only have ended. Repeatable."""
    write_all_the_same(alias)
    run(alias, _alter(alias, "RESET default_transaction_read_only"))
    _end_other_sessions(alias)


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


def _end_other_sessions(alias: str) -> None:
    before = {pid for (pid,) in rows(alias, OTHERS)}
    for pid in before:
        scalar(alias, "SELECT pg_terminate_backend(%s, %s)", pid, MILLISECONDS_TO_END)
    stayed = before & {pid for (pid,) in rows(alias, OTHERS)}
    if stayed:
        raise SessionsStay(f"sessions {', '.join(map(str, sorted(stayed)))} of {alias} do not end")
