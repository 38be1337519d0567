"""Which side changes first when a column of a table that is sent is added, altered or taken away.

Entry points: `added`, `altered`, `removed`, `widens`. Nothing is asked of a server. Failure: none.
"""

import re
from typing import Any

from django.db import connections
from django.db.models import Field

from streaming.stores.aliases import ANALYTICS
from streaming.stores.migrating.judgement import (
    Flow,
    Judgement,
    Order,
    either,
    primary_first,
    refused,
    replica_first,
    together,
)
from streaming.stores.router import REPLICATED

INTEGERS = ("smallint", "integer", "bigint")
VARCHAR = re.compile(r"varchar(?:\((\d+)\))?")
NUMERIC = re.compile(r"numeric\((\d+), ?(\d+)\)")
ONE_MORE_RELEASE = (
    "add the new column and fill it beside the old one, publish it, then take the old one out of "
    "analytics.replication.PUBLISHED and drop it in a later release"
)
ON_PRIMARY = "use AddFieldOnPrimary of streaming.stores.operations"


def added(field: Field, *, table: str, flow: Flow, on_replica: bool) -> Judgement:
    if field.many_to_many:
        if not on_replica:
            return either("the table between is on the primary alone")
        return refused("the replica has no table for the other side", ON_PRIMARY)
    if not on_replica:
        if not flow.publishes(table, field.column):
            return either("the column is on the primary alone")
        return refused("it is published and the replica would not have it", "use AddField")
    if _points_elsewhere(field):
        return refused(
            "it points at a table that the replica does not have", f"{ON_PRIMARY} or db_constraint=False"
        )
    if not _may_be_left_out(field):
        return refused(
            "rows arrive without the column, which is not null and has no default in the database",
            "give it a db_default or null=True; NOT NULL may follow in a later migration",
        )
    return replica_first("rows may arrive without the new column")


def removed(field: Field, *, table: str, flow: Flow) -> Judgement:
    if field.many_to_many:
        return refused(
            "the replica has no such table to drop",
            "write it as RunSQL with hints={'replicated': False} and state_operations",
        )
    if field.column in flow.wanted.get(table, ()):
        return refused(
            "analytics.replication.PUBLISHED still names the column",
            "take it out there and run `manage.py replication setup` first",
        )
    if flow.sends(table, field.column):
        return refused(
            "the server's publication still sends the column",
            "run `manage.py replication setup` with this code first",
        )
    return primary_first("rows written before may still have the column")


def altered(before: Field, after: Field, *, table: str, flow: Flow) -> Judgement:
    if _as_database_has_it(before) == _as_database_has_it(after):
        return either()
    if before.many_to_many or after.many_to_many:
        return refused("the replica has no such table to change", "change it on the primary by RunSQL")
    if before.primary_key != after.primary_key:
        return refused("the replica finds rows by the primary key", ONE_MORE_RELEASE)
    if not flow.sends(table, before.column):
        return _altered_unsent(before, after)
    if before.column != after.column:
        return refused("it renames a published column", ONE_MORE_RELEASE)
    return together([_retyped(before, after), *_tightened_or_loosened(before, after)])


def widens(before: str, after: str) -> bool:
    """Whether each value of the SQL type `before`, as text, is one of `after`."""
    if before in INTEGERS and after in INTEGERS:
        return INTEGERS.index(before) <= INTEGERS.index(after)
    if (old := VARCHAR.fullmatch(before)) and (after == "text" or VARCHAR.fullmatch(after)):
        new = VARCHAR.fullmatch(after)
        limits = (old[1], new[1] if new else None)
        return limits[1] is None or (limits[0] is not None and int(limits[0]) <= int(limits[1]))
    if (old := NUMERIC.fullmatch(before)) and (new := NUMERIC.fullmatch(after)):
        whole, wider = int(old[1]) - int(old[2]), int(new[1]) - int(new[2])
        return whole <= wider and int(old[2]) <= int(new[2])
    return before == "text" and after == "varchar"


def _altered_unsent(before: Field, after: Field) -> Judgement:
    """Every row on the replica holds the default, whatever the primary has."""
    if not _may_be_left_out(after):
        return refused(
            "rows arrive without the column, which becomes not null without a default in the database",
            "give it a db_default",
        )
    if after.unique and not before.unique and after.has_db_default():
        return refused(
            "every row on the replica holds the same default", "keep it unique by a RunSQL on the primary"
        )
    return either("the column is not sent")


def _retyped(before: Field, after: Field) -> Judgement:
    old, new = _type(before), _type(after)
    if old == new:
        return either()
    if widens(old, new):
        return Judgement(Order.REPLICA_FIRST, f"{new} takes every {old}", retypes=True)
    return refused(f"the replica and the primary would differ in {old} and {new}", ONE_MORE_RELEASE)


def _tightened_or_loosened(before: Field, after: Field) -> list[Judgement]:
    """Tighter: the primary first, so that no row arrives that the replica refuses; looser: the replica first."""
    database = connections[ANALYTICS]
    tighter = primary_first("rows written before may break the tighter rule")
    looser = replica_first("rows that only the looser rule takes must be welcome")
    rules = (
        (not before.null, not after.null),
        (before.unique, after.unique),
        (before.db_check(database), after.db_check(database)),
    )
    return [tighter if new else looser for old, new in rules if bool(old) != bool(new)]


def _type(field: Field) -> str:
    return field.db_type(connections[ANALYTICS]) or ""


def _as_database_has_it(field: Field) -> tuple[Any, ...]:
    _, path, arguments, options = field.deconstruct()
    kept = {name: value for name, value in options.items() if name not in field.non_db_attrs}
    return field.column, path, arguments, kept


def _may_be_left_out(field: Field) -> bool:
    return bool(field.null or field.has_db_default() or field.generated)


def _points_elsewhere(field: Field) -> bool:
    related = field.remote_field
    return bool(
        related is not None
        and getattr(field, "db_constraint", False)
        and related.model._meta.label_lower not in REPLICATED
    )
