"""Rebuilding the replica from nothing to equality, whatever state it is in: lost, diverged, altered or empty.

Its tables are dropped and made again by the migrations, so a column that is missing comes back; then every
published row is copied again. From the first step to the last the replica is not subscribed or not yet copied, so
reads go to the primary. Each step may be repeated and each run begins with the first: one that was killed is
finished by the next. A former primary becomes a replica too: everything about people is dropped from it, also
what is never published.

Entry points: `rebuild`, `copy_progress`, `wait_until_copied`. Failure: `django.db.Error`s; `NotAReplica`, `CopyFails`,
`AnotherAtWork`.
"""

import time
from collections.abc import Callable, Mapping, Sequence

from django.core.management import call_command
from psycopg2 import sql

from streaming.stores.aliases import ANALYTICS, REPLICA
from streaming.stores.refusal import Failed, Refused
from streaming.stores.replication import setup
from streaming.stores.replication.fencing import fenced, unfence, write_all_the_same
from streaming.stores.replication.leaving import drop_slots, unsubscribe
from streaming.stores.replication.promotion.building import drop_build, is_whole, people_tables
from streaming.stores.statements import names, rows, run, scalar

COPY_FAILURES = 3
STALLED_SECONDS = 120.0
POLL_SECONDS = 0.1

IDENTITY = """
SELECT system_identifier::text || '/' || oid FROM pg_control_system(), pg_database WHERE datname = current_database()
"""
COPYING = """
SELECT r.srrelid::regclass::text, r.srsubstate::text, coalesce(p.tuples_processed, 0)
  FROM pg_subscription_rel r LEFT JOIN pg_stat_progress_copy p
       ON p.relid = r.srrelid AND p.datname = current_database() AND p.command = 'COPY FROM'
"""
# Each worker's applied commits: a table whose rows are copied catches up with what was written meanwhile.
CAUGHT_UP = """
SELECT o.external_id, o.remote_lsn::text
  FROM pg_replication_origin_status o JOIN pg_subscription s ON o.external_id LIKE 'pg~_' || s.oid || '%%' ESCAPE '~'
 WHERE s.subname = %s AND s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1
"""
ERRORS = """
SELECT coalesce(sum((to_jsonb(t)->>'sync_error_count')::bigint), 0)
  FROM pg_stat_subscription_stats t JOIN pg_subscription s ON s.oid = t.subid
 WHERE s.subname = %s AND s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class NotAReplica(Refused):
    """The addresses lead to something else than a primary that takes writes and a database that may be emptied."""


class CopyFails(Failed):
    """The first copy fails again and again, or does not move."""


def rebuild(
    published: Mapping[str, Sequence[str]],
    *,
    federate: Callable[[], Sequence[str]],
    note: Callable[[str], None],
) -> None:
    """Makes the replica anew and starts the copy. `federate` gives the reading role its rights on the new tables."""
    _refuse_wrong_sides()
    write_all_the_same(REPLICA)
    drop_build()
    for line in [*unsubscribe(), *drop_slots()]:
        note(line)
    _drop_tables()
    note("the replica's tables dropped")
    call_command("migrate", database=REPLICA, verbosity=0, interactive=False)
    note("the replica's tables made by the migrations")
    if fenced(REPLICA):  # not before: fenced and with its tables, it is known as a former primary
        unfence(REPLICA)
        note("the former primary takes writes again, as a replica")
    for line in [*federate(), *setup.set_up(published)]:
        note(line)


def wait_until_copied(reached: Callable[[int], None]) -> None:
    """Returns when every table is past its first copy; `reached` is told the rows copied so far, all tables together.

    Raises `CopyFails` after `COPY_FAILURES` failures, or when nothing has moved for `STALLED_SECONDS`.
    """
    failures = int(scalar(REPLICA, ERRORS, setup.SUBSCRIPTION))
    last: tuple[object, ...] = ()
    moved_at = time.monotonic()
    while True:
        states = rows(REPLICA, COPYING)
        copied = sum(_size(table) if state not in "id" else done for table, state, done in states)
        reached(copied)
        if states and all(state == "r" for _, state, _ in states):
            return
        if int(scalar(REPLICA, ERRORS, setup.SUBSCRIPTION)) - failures >= COPY_FAILURES:
            raise CopyFails(f"the first copy has failed {COPY_FAILURES} times; the replica's log says why")
        moved = (copied, states, rows(REPLICA, CAUGHT_UP, setup.SUBSCRIPTION))
        if moved != last:
            last, moved_at = moved, time.monotonic()
        elif time.monotonic() - moved_at > STALLED_SECONDS:
            raise CopyFails(
                f"the first copy has not moved for {STALLED_SECONDS:g} s; the replica's log says why"
            )
        time.sleep(POLL_SECONDS)


def _refuse_wrong_sides() -> None:
    promoted = is_whole(REPLICA) and not fenced(REPLICA)
    if promoted and fenced(ANALYTICS):
        raise NotAReplica(
            "the replica has been promoted: change the variables, `manage.py replication promote` says which"
        )
    if fenced(ANALYTICS):
        raise NotAReplica("the primary takes no writes: run `manage.py replication promote --undo` first")
    if scalar(ANALYTICS, IDENTITY) == scalar(REPLICA, IDENTITY):
        raise NotAReplica("the replica's address leads to the primary's own database")
    if not is_whole(ANALYTICS):
        raise NotAReplica(
            "the primary's address leads to a database without accounts: nothing that the replica has may be dropped; "
            "see `manage.py replication status`"
        )
    if promoted:
        raise NotAReplica(
            "the replica's address leads to a primary: it has tables that are never replicated, and takes writes"
        )


def _drop_tables() -> None:
    run(REPLICA, sql.SQL("DROP PUBLICATION IF EXISTS {}").format(sql.Identifier(setup.PUBLICATION)))
    tables = names([*people_tables(), "django_migrations"])
    run(REPLICA, sql.SQL("DROP TABLE IF EXISTS {} CASCADE").format(tables))


def _size(table: str) -> int:
    return int(
        scalar(REPLICA, "SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = to_regclass(%s)", table) or 0
    )
