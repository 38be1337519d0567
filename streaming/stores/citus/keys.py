"""Foreign keys of the catalog's tables around a distribution: what they are, how they make way and come back.

Citus refuses a key from a table that is not distributed to one that is, so keys make way while the tables move.
A key comes back `NOT VALID` first, which takes a lock for a moment, and is then validated while writers go on.

Entry points: `present`, `in_the_way`, `of_strangers`, `take_off`, `returning`, `all_back`, `orphans`, `expected`.
Failure: `django.db.Error`s.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from django.apps import apps
from django.db import IntegrityError, models
from psycopg2 import sql

from streaming.stores.aliases import CATALOG
from streaming.stores.citus import journal
from streaming.stores.citus.journal import ForeignKey
from streaming.stores.citus.placement import DISTRIBUTED, REFERENCE
from streaming.stores.citus.steps import Step, briefly
from streaming.stores.statements import rows, run, scalar

NOT_VALID = " NOT VALID"
PRESENT = """
SELECT c.conrelid::regclass::text, c.conname::text, pg_get_constraintdef(c.oid), c.confrelid::regclass::text,
       c.convalidated, k.attname::text, r.attname::text
  FROM pg_constraint c
  JOIN pg_attribute k ON k.attrelid = c.conrelid AND k.attnum = c.conkey[1]
  JOIN pg_attribute r ON r.attrelid = c.confrelid AND r.attnum = c.confkey[1]
 WHERE c.contype = 'f' AND c.conparentid = 0
 ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Standing:
    """A key that the database has; it leads from `column` of its table to `to_column` of `to_table`."""

    key: ForeignKey
    to_table: str
    valid: bool
    column: str
    to_column: str


def present() -> list[Standing]:
    """Every key of the catalog's database."""
    return [
        Standing(ForeignKey(table, name, definition), to_table, valid, column, to_column)
        for table, name, definition, to_table, valid, column, to_column in rows(CATALOG, PRESENT)
    ]


def in_the_way(standing: Collection[Standing], moving: Collection[str]) -> list[ForeignKey]:
    """Keys that begin or end at a table that is to move."""
    return [each.key for each in standing if each.key.table in moving or each.to_table in moving]


def of_strangers(
    standing: Collection[Standing], distributed: Collection[str], known: Collection[str]
) -> list[ForeignKey]:
    """Keys to a distributed table from one that nobody declared: it stays behind, so they could not come back."""
    return [each.key for each in standing if each.to_table in distributed and each.key.table not in known]


def take_off(key: ForeignKey) -> Step:
    drop = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(
        sql.Identifier(key.table), sql.Identifier(key.name)
    )
    return briefly(f"take off {key.name}", journal.insert_key(key), drop)


def put_back(key: ForeignKey) -> Step:
    definition = key.definition.removesuffix(NOT_VALID) + NOT_VALID
    add = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(
        sql.Identifier(key.table), sql.Identifier(key.name), sql.SQL(definition)
    )
    return briefly(f"put back {key.name}", add)


def validate(key: ForeignKey) -> Step:
    """A key that rows without a target keep from being valid stays as it is: it binds whatever is written from
    now on, and the verification names those rows."""
    statement = sql.SQL("ALTER TABLE {} VALIDATE CONSTRAINT {}").format(
        sql.Identifier(key.table), sql.Identifier(key.name)
    )

    def act() -> None:
        with suppress(IntegrityError):
            run(CATALOG, statement)

    return Step(f"validate {key.name}", (statement,), act)


def returning(owed: Collection[ForeignKey], in_place: Collection[Standing]) -> list[Step]:
    """What is left to do for keys that were taken off; `in_place` are those that are there, valid or not."""
    there = _validity(in_place)
    back = [put_back(key) for key in owed if (key.table, key.name) not in there]
    return back + [validate(key) for key in owed if was_valid(key) and not there.get((key.table, key.name))]


def all_back(owed: Collection[ForeignKey]) -> bool:
    there = _validity(present())
    return all(
        (key.table, key.name) in there and (there[key.table, key.name] or not was_valid(key)) for key in owed
    )


def _validity(standing: Collection[Standing]) -> dict[tuple[str, str], bool]:
    return {(each.key.table, each.key.name): each.valid for each in standing}


def was_valid(key: ForeignKey) -> bool:
    return not key.definition.endswith(NOT_VALID)


def orphans(each: Standing) -> tuple[int, str]:
    """How many rows point at nothing, and the statement that deletes them."""
    condition = (
        f'FROM "{each.key.table}" c WHERE c."{each.column}" IS NOT NULL AND NOT EXISTS '
        f'(SELECT FROM "{each.to_table}" t WHERE t."{each.to_column}" = c."{each.column}")'
    )
    return int(scalar(CATALOG, f"SELECT count(*) {condition}")), f"DELETE {condition}"


def expected() -> list[ForeignKey]:
    """The keys that the models of the catalog's database ask for, as PostgreSQL would print them; without names."""
    found = []
    for label in (*REFERENCE, *DISTRIBUTED):
        options = apps.get_model(label)._meta
        for field in options.local_concrete_fields:
            if isinstance(field, models.ForeignKey) and field.db_constraint:  # type: ignore[attr-defined]  # stubs lack it
                found.append(ForeignKey(options.db_table, "", _definition(field)))
    return found


def _definition(field: models.ForeignKey) -> str:
    to = field.remote_field.model._meta.db_table
    return f"FOREIGN KEY ({field.column}) REFERENCES {to}({field.target_field.column}) DEFERRABLE INITIALLY DEFERRED"
