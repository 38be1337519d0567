"""What a distribution must not forget when it is killed: foreign keys it took off, and rows counted before.

It lies in a schema of its own in the catalog's database, from the first step of a distribution to its last. A
key is written down in the transaction that drops it (`keys.take_off`), so it is always in one of the two.

Entry points: `exists`, `keys`, `baselines`, and the statements `CREATE`, `DROP`, `insert_key`, `insert_baseline`,
`count_deleted`. Failure: `django.db.Error`s.
"""

from dataclasses import dataclass

from psycopg2 import sql

from streaming.stores.aliases import CATALOG
from streaming.stores.statements import rows, scalar

SCHEMA = "distribution"
# The tables are the coordinator's own affair: Citus must not make the schema on the workers.
LOCAL = sql.SQL("SET LOCAL citus.enable_ddl_propagation = off")
CREATE = (
    LOCAL,
    sql.SQL("CREATE SCHEMA IF NOT EXISTS distribution"),
    sql.SQL(
        "CREATE TABLE IF NOT EXISTS distribution.foreign_keys "
        "(table_name text, name text, definition text NOT NULL, PRIMARY KEY (table_name, name))"
    ),
    sql.SQL(
        "CREATE TABLE IF NOT EXISTS distribution.baselines "
        "(table_name text PRIMARY KEY, relation oid NOT NULL, row_count bigint NOT NULL, deleted bigint NOT NULL, "
        "deleted_since bigint NOT NULL DEFAULT 0)"
    ),
)
DROP = (LOCAL, sql.SQL("DROP SCHEMA distribution CASCADE"))


@dataclass(frozen=True)
class ForeignKey:
    """`definition` is PostgreSQL's own text of it, as `ADD CONSTRAINT` takes it."""

    table: str
    name: str
    definition: str


@dataclass(frozen=True)
class Baseline:
    """Rows of a table before it moved, and the deletions that PostgreSQL counted from then until it had moved."""

    rows: int
    deleted_since: int


def exists() -> bool:
    return bool(scalar(CATALOG, "SELECT to_regclass('distribution.baselines') IS NOT NULL"))


def keys() -> list[ForeignKey]:
    """Those that a distribution took off and has not answered for; none when none is under way."""
    if not exists():
        return []
    found = rows(CATALOG, "SELECT table_name, name, definition FROM distribution.foreign_keys ORDER BY 1, 2")
    return [ForeignKey(*key) for key in found]


def baselines() -> dict[str, Baseline]:
    if not exists():
        return {}
    found = rows(CATALOG, "SELECT table_name, row_count, deleted_since FROM distribution.baselines")
    return {table: Baseline(*counts) for table, *counts in found}


def insert_key(key: ForeignKey) -> sql.Composed:
    return sql.SQL("INSERT INTO distribution.foreign_keys VALUES ({}, {}, {}) ON CONFLICT DO NOTHING").format(
        sql.Literal(key.table), sql.Literal(key.name), sql.Literal(key.definition)
    )


def insert_baseline(table: str) -> tuple[sql.Composed, sql.Composed]:
    """The deletions first, so that one that comes while rows are counted is not missed. The table's number goes
    with it: a concurrent distribution gives its name to another one."""
    return (
        sql.SQL(
            "INSERT INTO distribution.baselines SELECT {table}, oid, 0, pg_stat_get_tuples_deleted(oid) "
            "FROM pg_class WHERE oid = {table}::regclass"
        ).format(table=sql.Literal(table)),
        sql.SQL(
            "UPDATE distribution.baselines SET row_count = (SELECT count(*) FROM {}) WHERE table_name = {}"
        ).format(sql.Identifier(table), sql.Literal(table)),
    )


def count_deleted(table: str) -> sql.Composed:
    """To be run once the table has moved: until then its rows were deleted from the relation that it was."""
    return sql.SQL(
        "UPDATE distribution.baselines SET deleted_since = "
        "greatest(deleted_since, pg_stat_get_tuples_deleted(relation) - deleted) WHERE table_name = {}"
    ).format(sql.Literal(table))
