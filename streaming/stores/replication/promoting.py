"""Making the replica the primary, with the old one at hand or without it (ADR 0011).

With it: the full schema is built beside the replica's tables while all goes on; then the primary is fenced, the
replica applies the rest, the subscription ends, and one transaction copies what was never replicated, takes the
plays over as they are, sets every sequence and puts the built tables in place. That transaction's commit is the
promotion. Until then `undo` gives the primary back its writers, and `promote` run again goes on or begins anew.

Without it: the same with what the replica has. Columns that never left the primary get what `stand_ins` says, an SQL
expression a column, else their default; its other tables are as new.

Entry points: `promote`, `promote_without_primary`, `undo`. Failure: `django.db.Error`s; `Refused` with a sentence that
says why, and then nothing has changed, or the next run or `undo` mends it; `AlreadyPromoted`.
"""

from collections.abc import Callable, Mapping, Sequence

from django.db import transaction
from psycopg2 import sql

from streaming.stores.aliases import ANALYTICS, REPLICA
from streaming.stores.federation.reader import READER
from streaming.stores.replication.applied import SCHEMA as POSITION_SCHEMA
from streaming.stores.replication.building import (
    MIGRATIONS,
    SCHEMA,
    build,
    built_tables,
    drop_build,
    note_final,
    noted_final,
    people_tables,
    promoted,
)
from streaming.stores.replication.carrying import carry, set_sequences
from streaming.stores.replication.checking import check
from streaming.stores.replication.fencing import fence, fenced, unfence
from streaming.stores.replication.leaving import drop_slots, unsubscribe
from streaming.stores.replication.position import ReplicaBehind, wait_until_applied
from streaming.stores.replication.setup import subscribed
from streaming.stores.replication.status import replication_status
from streaming.stores.statements import column_types, names, rows, run, scalar

CATCH_UP_SECONDS = 15.0  # before the fence nobody waits for it, behind it every writer does

Published = Mapping[str, Sequence[str]]
Note = Callable[[str], None]
Advance = Callable[[int], None]
StandIns = Mapping[str, Mapping[str, str]]


class Refused(Exception):
    """It makes no sense as things are; the message says what to do instead."""


class AlreadyPromoted(Exception):
    """The replica is a primary: only the variables are left to change."""


def promote(published: Published, *, note: Note, advance: Advance = lambda rows: None) -> None:
    """The planned change, without a row lost. Writers wait from the fence to the change of variables.

    `advance` is told the rows that the comparison of both sides is past.
    """
    if promoted():
        raise AlreadyPromoted
    resumed = not subscribed()
    if resumed:
        _refuse_unless_begun()
    else:
        _refuse_unfit(published, note, advance)
    build()
    _refuse_other_schema(published, primary_there=True)
    note(f"the full schema built on the replica, in schema {SCHEMA}")
    fence(ANALYTICS)
    note("the primary is fenced: reads go on, writes are refused")
    if resumed:
        _refuse_differences(published, settle=lambda: None, advance=advance)
    else:
        _apply_the_rest()
    note_final(_counts(published))
    for line in [*unsubscribe(), *drop_slots()]:
        note(line)
    with transaction.atomic(using=REPLICA):
        _fill_from_primary(published, note)
        _put_in_place(published, primary_there=True)
    note("the built tables put in place: the replica is a primary")


def promote_without_primary(published: Published, *, stand_ins: StandIns, note: Note) -> None:
    """When the primary is lost: plays and published columns are kept, the rest is not to be had."""
    if promoted():
        raise AlreadyPromoted
    if not replication_status().primary.problem:
        raise Refused("The primary answers: run `manage.py replication promote` without --primary-lost")
    _refuse_incomplete(published)
    build()
    _refuse_other_schema(published, primary_there=False)
    note(f"the full schema built on the replica, in schema {SCHEMA}")
    note_final(_counts(published))
    for line in unsubscribe():
        note(line)
    with transaction.atomic(using=REPLICA):
        _fill_from_replica(published, stand_ins, note)
        _put_in_place(published, primary_there=False)
    note("the built tables put in place: the replica is a primary")


def undo(*, note: Note) -> None:
    """Gives the primary its writers back; the replica may have to be subscribed again."""
    if promoted():
        raise Refused(
            "The replica is promoted already: change the variables, "
            "or give up what it has and make it an empty database before `manage.py replication resync`"
        )
    if fenced(ANALYTICS):
        unfence(ANALYTICS)
        note("the primary takes writes again")
    drop_build()
    note("what was built on the replica is dropped")
    if not subscribed():
        note("the replica is not subscribed any more: manage.py replication resync")


def _refuse_unless_begun() -> None:
    if noted_final() is None or not fenced(ANALYTICS):
        raise Refused("The replica is not subscribed: run `manage.py replication resync` first")


def _refuse_unfit(published: Published, note: Note, advance: Advance) -> None:
    slot = replication_status().slot
    if slot is None or slot.lost:
        raise Refused(
            "The slot is gone, so the replica misses rows: run `manage.py replication resync` first"
        )
    if scalar(REPLICA, "SHOW wal_level") != "logical":
        raise Refused(
            "The replica could publish nothing: set wal_level = logical on its server and restart that"
        )
    _catch_up()
    _refuse_differences(published, settle=_catch_up, advance=advance)
    note("the replica is equal to the primary")


def _catch_up() -> None:
    try:
        wait_until_applied(CATCH_UP_SECONDS)
    except ReplicaBehind as error:
        raise Refused(f"The replica lags ({error}): see `manage.py replication status`") from error


def _apply_the_rest() -> None:
    """Behind the fence. A replica that does not come along now gives the primary back."""
    try:
        wait_until_applied(CATCH_UP_SECONDS)
    except ReplicaBehind as error:
        unfence(ANALYTICS)
        raise Refused(f"The replica lags ({error}), the primary takes writes again") from error


def _refuse_differences(published: Published, *, settle: Callable[[], None], advance: Advance) -> None:
    if not check(published, limit=0, settle=settle, advance=advance).equal:
        raise Refused(
            "The replica has diverged, see `manage.py replication check`: run `manage.py replication resync` first"
            + (", after `manage.py replication promote --undo`" if fenced(ANALYTICS) else "")
        )


def _refuse_incomplete(published: Published) -> None:
    """What is left is all there is: it has to be a whole copy, or one that a promotion began with."""
    if subscribed():
        copying = replication_status().subscription
        if copying is None or copying.not_copied:
            raise Refused("The replica never had a whole copy: restore the primary from a backup")
    elif noted_final() is None or noted_final() != _counts(published):
        raise Refused("The replica is not subscribed, so nothing says that it is whole: restore a backup")


def _refuse_other_schema(published: Published, *, primary_there: bool) -> None:
    """The migrations that made the tables are those that this release has."""
    sides = [(ANALYTICS, [*built_tables()])] if primary_there else []
    for alias, tables in [*sides, (REPLICA, list(published))]:
        for table in tables:
            if column_types(alias, f"public.{table}") != column_types(REPLICA, f"{SCHEMA}.{table}"):
                raise Refused(
                    f"Table {table} is not as this release makes it: run `manage.py setup_stores`, "
                    "then `manage.py replication resync`"
                )
    for table in published:
        lacking = _indexes(SCHEMA, table) - _indexes("public", table)
        if lacking and _whole(table, published):
            raise Refused(
                f"Table {table} of the replica lacks an index: run `manage.py replication resync` first"
            )


def _indexes(schema: str, table: str) -> set[str]:
    query = """SELECT replace(indexdef, ' ON ' || schemaname || '.', ' ON ') FROM pg_indexes
                WHERE schemaname = %s AND tablename = %s"""
    return {definition for (definition,) in rows(REPLICA, query, schema, table)}


def _counts(published: Published) -> dict[str, int]:
    return {table: _count(table) for table in published}


def _count(table: str) -> int:
    return int(scalar(REPLICA, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("public", table))))


def _whole(table: str, published: Published) -> bool:
    """Every column is published, so the replica's own table is all there is to have."""
    return set(column_types(REPLICA, f"{SCHEMA}.{table}")) == set(published.get(table, ()))


def _fill_from_primary(published: Published, note: Note) -> None:
    tables = [table for table in built_tables() if table != MIGRATIONS]
    _empty(tables)  # of what the migrations put in: the primary's rows have ids of their own
    for table in tables:
        if not _whole(table, published):
            count = carry(table, list(column_types(REPLICA, f"{SCHEMA}.{table}")))
            note(f"{count:,} rows of {table} copied from the primary")


def _fill_from_replica(published: Published, stand_ins: StandIns, note: Note) -> None:
    for table, columns in published.items():
        if _whole(table, published):
            continue
        others = stand_ins.get(table, {})
        run(
            REPLICA,
            sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(
                sql.Identifier(SCHEMA, table),
                names([*columns, *others]),
                sql.SQL(", ").join([*map(sql.Identifier, columns), *map(sql.SQL, others.values())]),
                sql.Identifier("public", table),
            ),
        )
        note(f"{_count(table):,} rows of {table} kept, with their published columns only")


def _empty(tables: Sequence[str]) -> None:
    every = sql.SQL(", ").join(sql.Identifier(SCHEMA, table) for table in tables)
    run(REPLICA, sql.SQL("TRUNCATE {}").format(every))


def _put_in_place(published: Published, *, primary_there: bool) -> None:
    """The last step, in the transaction that filled the tables."""
    run(REPLICA, sql.SQL("SET CONSTRAINTS ALL IMMEDIATE"))  # a table with checks pending cannot be altered
    for table in published:
        if _whole(table, published):
            _take_over(table)
    set_sequences(primary_there=primary_there)
    former = sql.SQL(", ").join(sql.Identifier("public", table) for table in [*people_tables(), MIGRATIONS])
    run(REPLICA, sql.SQL("DROP TABLE IF EXISTS {}").format(former))
    for table in built_tables():
        run(REPLICA, sql.SQL("ALTER TABLE {} SET SCHEMA public").format(sql.Identifier(SCHEMA, table)))
    run(REPLICA, sql.SQL("DROP SCHEMA {}").format(sql.Identifier(SCHEMA)))
    run(REPLICA, sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(POSITION_SCHEMA)))
    if scalar(REPLICA, "SELECT count(*) FROM pg_roles WHERE rolname = %s", READER):
        run(
            REPLICA,
            sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(sql.Identifier(READER)),
        )


def _take_over(table: str) -> None:
    """The replica's own table in place of the built one, with the built one's foreign keys: no row is copied."""
    keys = rows(
        REPLICA,
        """SELECT conname::text, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE contype = 'f' AND conrelid = to_regclass(%s)""",
        f"{SCHEMA}.{table}",
    )
    built, own = sql.Identifier(SCHEMA, table), sql.Identifier("public", table)
    run(REPLICA, sql.SQL("DROP TABLE {}").format(built))
    for (name,) in rows(
        REPLICA,
        "SELECT conname::text FROM pg_constraint WHERE contype = 'f' AND conrelid = to_regclass(%s)",
        f"public.{table}",
    ):
        run(REPLICA, sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(own, sql.Identifier(name)))
    run(REPLICA, sql.SQL("ALTER TABLE {} SET SCHEMA {}").format(own, sql.Identifier(SCHEMA)))
    for name, definition in keys:
        run(
            REPLICA,
            sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(
                built, sql.Identifier(name), sql.SQL(definition)
            ),
        )
