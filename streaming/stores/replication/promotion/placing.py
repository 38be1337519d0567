"""The last step of a promotion: the built tables get their rows and take the place of the replica's own.

All of it belongs into one transaction on the replica, whose commit is the promotion.

Entry points: `fill_from_primary` or `fill_from_replica`, then `put_in_place`; `is_published_whole`, `count_rows`.
Failure: `django.db.Error`s.
"""

from collections.abc import Callable, Mapping, Sequence

from psycopg2 import sql

from streaming.stores.aliases import REPLICA
from streaming.stores.federation.reader import READER
from streaming.stores.replication.applied import SCHEMA as POSITION_SCHEMA
from streaming.stores.replication.promotion.building import MIGRATIONS, SCHEMA, built_tables, people_tables
from streaming.stores.replication.promotion.carrying import carry, set_sequences
from streaming.stores.statements import column_types, names, rows, run, scalar
from streaming.stores.units import counted

Published = Mapping[str, Sequence[str]]
Note = Callable[[str], None]
StandIns = Mapping[str, Mapping[str, str]]


def count_rows(table: str) -> int:
    return int(scalar(REPLICA, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("public", table))))


def is_published_whole(table: str, published: Published) -> bool:
    """Every column is published, so the replica's own table is all there is to have."""
    return set(column_types(REPLICA, f"{SCHEMA}.{table}")) == set(published.get(table, ()))


def fill_from_primary(published: Published, note: Note) -> None:
    tables = [table for table in built_tables() if table != MIGRATIONS]
    _empty(tables)  # of what the migrations put in: the primary's rows have ids of their own
    for table in tables:
        if not is_published_whole(table, published):
            count = carry(table, list(column_types(REPLICA, f"{SCHEMA}.{table}")))
            note(f"{counted(count, 'row')} of {table} copied from the primary")


def fill_from_replica(published: Published, stand_ins: StandIns, note: Note) -> None:
    for table, columns in published.items():
        if is_published_whole(table, published):
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
        note(f"{counted(count_rows(table), 'row')} of {table} kept, with their published columns only")


def _empty(tables: Sequence[str]) -> None:
    every = sql.SQL(", ").join(sql.Identifier(SCHEMA, table) for table in tables)
    run(REPLICA, sql.SQL("TRUNCATE {}").format(every))


def put_in_place(published: Published, *, primary_there: bool) -> None:
    """The last step, in the transaction that filled the tables."""
    run(REPLICA, sql.SQL("SET CONSTRAINTS ALL IMMEDIATE"))  # a table with checks pending cannot be altered
    for table in published:
        if is_published_whole(table, published):
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
