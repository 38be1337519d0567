"""Sequences of the catalog's tables: rows that came with their ids do not move them, and the next id collides.

Entry points: `behind`, `mend`. Failure: `django.db.Error`s.
"""

from dataclasses import dataclass

from psycopg2 import sql

from streaming.stores.aliases import CATALOG
from streaming.stores.citus.steps import Step
from streaming.stores.statements import rows, run, scalar

OWNED = """
SELECT c.relname::text, a.attname::text, pg_get_serial_sequence(quote_ident(c.relname), a.attname)
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relkind = 'r' AND pg_table_is_visible(c.oid)
   AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL
 ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Sequence:
    """`name` is qualified, as PostgreSQL prints it; it numbers `column` of `table`."""

    table: str
    column: str
    name: str

    def highest(self) -> sql.Composed:
        return sql.SQL("SELECT coalesce(max({}), 0) FROM {}").format(
            sql.Identifier(self.column), sql.Identifier(self.table)
        )


def of_tables(tables: list[str]) -> list[Sequence]:
    return [Sequence(*owned) for owned in rows(CATALOG, OWNED) if owned[0] in tables]


def behind(tables: list[str]) -> list[Sequence]:
    """Those whose next number a row of these tables has already."""
    return [each for each in of_tables(tables) if _shortfall(each) is not None]


def mend(each: Sequence) -> Step:
    """Only ever forward. Two statements, for Citus evaluates no `setval` in a query over its tables."""
    statements = (each.highest(), sql.SQL("SELECT setval({}, <the highest>)").format(sql.Literal(each.name)))

    def act() -> None:
        highest = _shortfall(each)
        if highest is not None:
            run(
                CATALOG, sql.SQL("SELECT setval({}, {})").format(sql.Literal(each.name), sql.Literal(highest))
            )

    return Step(f"sequence {each.name}", statements, act)


def _shortfall(each: Sequence) -> int | None:
    """The highest number in the table, when the sequence has not reached it."""
    # The table first: a writer that takes a number meanwhile is then already past `highest`.
    highest = int(scalar(CATALOG, each.highest()))
    reached = scalar(
        CATALOG,
        sql.SQL("SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {}").format(
            sql.SQL(each.name)
        ),
    )
    return highest if int(reached) < highest else None
