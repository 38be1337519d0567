"""Which side an operation of a migration changes first: one answer per class of operation.

Only a table in the server's publication counts, for no row of another arrives. What no line here knows is
refused. Entry point: `judge`, for a migration's operations in turn. Failure: none.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import singledispatch

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.operations import CollationOperation, CreateExtension, ValidateConstraint
from django.db import migrations
from django.db.migrations.operations import base
from django.db.migrations.operations import models as on_models
from django.db.migrations.state import ProjectState
from django.db.models import BaseConstraint, CheckConstraint, F, Field, Model, Q, UniqueConstraint
from django.db.models.constants import LOOKUP_SEP
from django.db.models.expressions import BaseExpression

from streaming.stores.aliases import REPLICA
from streaming.stores.migrating import columns
from streaming.stores.migrating.judgement import (
    Flow,
    Judgement,
    either,
    primary_first,
    refused,
    replica_first,
    together,
)
from streaming.stores.router import REPLICATED

ON_PRIMARY_BY_SQL = "write it as RunSQL with hints={'replicated': False} and state_operations"
SAY_WHEN = (
    "say with hints={'replicated': 'first'} or 'last' when the replica runs it, or with False that the "
    "primary alone does"
)


@dataclass(frozen=True)
class Change:
    """An operation's app, and the models before and after it."""

    app_label: str
    before: ProjectState
    after: ProjectState
    flow: Flow

    def old(self, model: str) -> type[Model]:
        return self.before.apps.get_model(self.app_label, model)

    def new(self, model: str) -> type[Model]:
        return self.after.apps.get_model(self.app_label, model)

    def arrives(self, model: str) -> bool:
        """Whether rows of the model, as it is called before, are sent to the replica."""
        return self.old(model)._meta.db_table in self.flow.sent


@singledispatch
def judge(operation: base.Operation, change: Change) -> Judgement:
    return refused("it is an operation of an unknown kind", f"write it as RunSQL and {SAY_WHEN}")


@judge.register(on_models.ModelOptionOperation)
@judge.register(migrations.AddIndex)
@judge.register(migrations.RemoveIndex)
@judge.register(migrations.RenameIndex)
@judge.register(on_models.AlterConstraint)
@judge.register(ValidateConstraint)
@judge.register(CreateExtension)
@judge.register(CollationOperation)
def _(operation: base.Operation, change: Change) -> Judgement:
    return either()


@judge.register
def _(operation: migrations.CreateModel, change: Change) -> Judgement:
    return either("no row of a new table is sent before it is published, which comes last")


@judge.register
def _(operation: migrations.DeleteModel, change: Change) -> Judgement:
    if change.arrives(operation.name):
        return refused(
            "the server's publication still sends its rows",
            "take it out of analytics.replication.PUBLISHED and REPLICATED of streaming.stores.router, and run "
            "`manage.py replication setup` first",
        )
    if f"{change.app_label}.{operation.name_lower}" in REPLICATED:
        return primary_first("rows written before may still be under way")
    return either("the replica has no part in it")


@judge.register
def _(operation: migrations.RenameModel, change: Change) -> Judgement:
    same = change.old(operation.old_name)._meta.db_table == change.new(operation.new_name)._meta.db_table
    return either() if same or not change.arrives(operation.old_name) else _renames_table()


@judge.register
def _(operation: migrations.AlterModelTable, change: Change) -> Judgement:
    same = change.old(operation.name)._meta.db_table == change.new(operation.name)._meta.db_table
    return either() if same or not change.arrives(operation.name) else _renames_table()


@judge.register
def _(operation: migrations.AlterOrderWithRespectTo, change: Change) -> Judgement:
    if not change.arrives(operation.name):
        return either()
    return refused("its column is not null without a default in the database", "add a column of your own")


@judge.register
def _(operation: migrations.AddField, change: Change) -> Judgement:
    if not change.arrives(operation.model_name):
        return either()
    model = change.new(operation.model_name)
    return columns.added(
        _field(model, operation.name),
        table=model._meta.db_table,
        flow=change.flow,
        on_replica=operation.allow_migrate_model(REPLICA, model),
    )


@judge.register
def _(operation: migrations.RemoveField, change: Change) -> Judgement:
    if not change.arrives(operation.model_name):
        return either()
    model = change.old(operation.model_name)
    return columns.removed(_field(model, operation.name), table=model._meta.db_table, flow=change.flow)


@judge.register
def _(operation: migrations.AlterField, change: Change) -> Judgement:
    return _altered(change, operation.model_name, operation.name, operation.name)


@judge.register
def _(operation: migrations.RenameField, change: Change) -> Judgement:
    return _altered(change, operation.model_name, operation.old_name, operation.new_name)


@judge.register
def _(operation: migrations.AddConstraint, change: Change) -> Judgement:
    if not change.arrives(operation.model_name):
        return either()
    return _constrained(change, change.new(operation.model_name), _names_in(operation.constraint))


@judge.register
def _(operation: migrations.RemoveConstraint, change: Change) -> Judgement:
    if not change.arrives(operation.model_name):
        return either()
    return replica_first("rows that the constraint refuses must be welcome")


@judge.register
def _(operation: migrations.AlterUniqueTogether, change: Change) -> Judgement:
    if not change.arrives(operation.name):
        return either()
    before, after = (
        {tuple(together) for together in model._meta.unique_together}
        for model in (change.old(operation.name), change.new(operation.name))
    )
    gone = [replica_first("rows that the constraint refuses must be welcome")] if before - after else []
    new = [_constrained(change, change.new(operation.name), names) for names in sorted(after - before)]
    return together([*gone, *new])


@judge.register
def _(operation: migrations.RunPython, change: Change) -> Judgement:
    if operation.hints.get("replicated"):
        return refused("nobody but the apply worker writes the replica", "leave the hint out")
    return either("it runs on the primary alone")


@judge.register
def _(operation: migrations.RunSQL, change: Change) -> Judgement:
    when = operation.hints.get("replicated")
    if when == "first":
        return replica_first("its author says so")
    if when == "last":
        return primary_first("its author says so")
    if when:
        return refused("its SQL cannot be judged", SAY_WHEN)
    if when is None and _alters_sent_table(operation, change.flow):
        return refused("its SQL alters a replicated table on the primary and cannot be judged", SAY_WHEN)
    return either("it runs on the primary alone")


@judge.register
def _(operation: migrations.SeparateDatabaseAndState, change: Change) -> Judgement:
    return together(
        list(judge_each(operation.database_operations, change.app_label, change.before, change.flow))
    )


def judge_each(
    operations: Sequence[base.Operation], app_label: str, before: ProjectState, flow: Flow
) -> Iterator[Judgement]:
    """A judgement per operation, each on the models as the ones before it leave them."""
    for operation in operations:
        after = before.clone()
        operation.state_forwards(app_label, after)
        yield judge(operation, Change(app_label, before, after, flow))
        before = after


def _renames_table() -> Judgement:
    return refused("it renames a replicated table", "keep the table's name by db_table")


def _altered(change: Change, model: str, old: str, new: str) -> Judgement:
    if not change.arrives(model):
        return either()
    before, after = change.old(model), change.new(model)
    return columns.altered(
        _field(before, old), _field(after, new), table=before._meta.db_table, flow=change.flow
    )


def _constrained(change: Change, model: type[Model], names: tuple[str, ...] | None) -> Judgement:
    """On the replica a column that is not sent is the same in every row, so a rule over it may not hold there."""
    if names is None:
        return refused("a constraint of its kind cannot be judged", ON_PRIMARY_BY_SQL)
    table = model._meta.db_table
    held = [_field(model, name).column or name for name in names]
    unsent = [column for column in held if not change.flow.sends(table, column)]
    if unsent:
        return refused(
            f"{', '.join(unsent)} holds its default in every row of the replica", ON_PRIMARY_BY_SQL
        )
    return primary_first("rows that break it must be refused before the replica meets them")


def _field(model: type[Model], name: str) -> Field:
    found = model._meta.pk if name == "pk" else model._meta.get_field(name)
    assert isinstance(found, Field)  # noqa: S101  # migrations hold no reverse relations
    return found


def _names_in(constraint: BaseConstraint) -> tuple[str, ...] | None:
    """Fields that a constraint reads; None for a kind that is not known."""
    parts: list[object]
    if isinstance(constraint, UniqueConstraint):
        parts = [*map(F, constraint.fields), *constraint.expressions, constraint.condition]
    elif isinstance(constraint, CheckConstraint):
        parts = [constraint.condition]
    elif isinstance(constraint, ExclusionConstraint):
        parts = [*(expression for expression, _ in constraint.expressions), constraint.condition]
    else:
        return None
    return tuple(sorted({name.split(LOOKUP_SEP, 1)[0] for part in parts for name in _names(part)}))


def _names(part: object) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, F):
        yield part.name  # type: ignore[attr-defined]  # the stubs do not have it
    elif isinstance(part, Q):
        yield from part.referenced_base_fields
    elif isinstance(part, BaseExpression):
        for inner in part.flatten():
            if inner is not part:
                yield from _names(inner)


def _alters_sent_table(operation: migrations.RunSQL, flow: Flow) -> bool:
    statements = operation.sql if isinstance(operation.sql, (list, tuple)) else [operation.sql]
    text = " ".join(str(part[0] if isinstance(part, (list, tuple)) else part) for part in statements)
    tables = "|".join(map(re.escape, sorted(flow.sent))) or "$^"
    return bool(re.search(rf'\b(?:alter|drop)\s+table\b[^;]*?["\s.](?:{tables})\b', text, re.IGNORECASE))
