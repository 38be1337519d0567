"""The plan: which migrations run on which alias, one after the other, and why in that order.

A migration that a replicated table feels is placed by what `operations.judge` says of it; neighbours with the same
order share their steps. Without a subscription nothing can stop, and everything runs in one go.

Entry points: `plan`, `unapplied`. Failure: `Refused` for a migration that would stop the apply worker, before
anything ran; `django.db.Error`s.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from streaming.stores.aliases import ANALYTICS, CATALOG, REPLICA
from streaming.stores.migrating.judgement import ADR, Flow, Judgement, Order, either, flow, together
from streaming.stores.migrating.operations import judge_each
from streaming.stores.refusal import Refused
from streaming.stores.router import REPLICATED

Key = tuple[str, str]
ALIASES = {
    Order.EITHER: (REPLICA, ANALYTICS, CATALOG),
    Order.REPLICA_FIRST: (REPLICA, ANALYTICS, CATALOG),
    Order.PRIMARY_FIRST: (ANALYTICS, REPLICA, CATALOG),
}
REPLICATED_APPS = {label.partition(".")[0] for label in REPLICATED}


@dataclass(frozen=True)
class Step:
    """`migrations` run on `alias`.

    With `waits`, once the replica has applied what the primary wrote before; with `retypes`, while the publication
    is off its tables.
    """

    alias: str
    migrations: tuple[Key, ...]
    why: str
    waits: bool = False
    retypes: bool = False

    def targets(self) -> list[Key]:
        """The last of each app."""
        return list({app: (app, name) for app, name in self.migrations}.values())


@dataclass
class _Stretch:
    """Migrations next to each other that take one order."""

    order: Order = Order.EITHER
    migrations: list[Key] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    retypes: bool = False

    def takes(self, judgement: Judgement) -> bool:
        """One that alters types is on its own: its transaction shall be short."""
        if self.migrations and (self.retypes or judgement.retypes):
            return False
        return Order.EITHER in (judgement.order, self.order) or judgement.order is self.order

    def add(self, migration: Key, judgement: Judgement) -> None:
        self.migrations.append(migration)
        self.retypes = judgement.retypes
        if judgement.order is not Order.EITHER:
            self.order = judgement.order
            self.why.append(judgement.why)


def plan(published: Mapping[str, Sequence[str]]) -> list[Step]:
    """The steps that are left; `published` is table to columns. Raises `Refused`."""
    executors = {alias: MigrationExecutor(connections[alias]) for alias in (REPLICA, ANALYTICS, CATALOG)}
    pending = {alias: _pending(executor) for alias, executor in executors.items()}
    flowing = flow(published) if any(pending.values()) else None
    stretches = [_Stretch()]
    for migration in _in_order(executors):
        if not any(migration in waiting for waiting in pending.values()):
            continue
        judgement = _judged(executors[ANALYTICS], migration, flowing, pending)
        if not stretches[-1].takes(judgement):
            stretches.append(_Stretch())
        stretches[-1].add(migration, judgement)
    return [step for stretch in stretches for step in _steps(stretch, pending)]


def unapplied(alias: str) -> list[str]:
    """Names of the migrations that the alias lacks, in order."""
    return [".".join(migration) for migration in _pending(MigrationExecutor(connections[alias]))]


def _pending(executor: MigrationExecutor) -> list[Key]:
    planned = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [(migration.app_label, migration.name) for migration, _ in planned]


def _in_order(executors: Mapping[str, MigrationExecutor]) -> list[Key]:
    """Every alias' migrations; they differ only where a squashed one is half applied."""
    found: dict[Key, None] = {}
    for executor in executors.values():
        for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True):
            found[migration.app_label, migration.name] = None
    return list(found)


def _judged(
    executor: MigrationExecutor, key: Key, flowing: Flow | None, pending: Mapping[str, list[Key]]
) -> Judgement:
    """What the primary has already cannot be refused any more: the replica has to follow."""
    if (
        flowing is None
        or key[0] not in REPLICATED_APPS
        or key not in {*pending[ANALYTICS], *pending[REPLICA]}
    ):
        return either()
    migration = executor.loader.graph.nodes[key]
    before = executor.loader.project_state(key, at_end=False)
    judgements = list(judge_each(migration.operations, key[0], before, flowing))
    judgement = together(judgements)
    if judgement.order is not Order.REFUSED:
        return judgement
    if key not in pending[ANALYTICS]:
        return either()
    culprit = next(
        (
            operation.describe()
            for operation, own in zip(migration.operations, judgements, strict=True)
            if own is judgement
        ),
        "its operations taken together",
    )
    raise Refused(
        f"{'.'.join(key)} would stop the apply worker, and nothing was done: {culprit}: {judgement.why}; "
        f"the way out: {judgement.way_out} ({ADR})."
    )


def _steps(stretch: _Stretch, pending: Mapping[str, list[Key]]) -> Iterator[Step]:
    why = "; ".join(dict.fromkeys(stretch.why))
    reasons = {
        Order.EITHER: {},
        Order.REPLICA_FIRST: {REPLICA: f"replica first: {why}", ANALYTICS: "then the primary"},
        Order.PRIMARY_FIRST: {
            ANALYTICS: f"primary first: {why}",
            REPLICA: "replica last, once it has applied that",
        },
    }[stretch.order]
    for alias in ALIASES[stretch.order]:
        here = tuple(migration for migration in stretch.migrations if migration in pending[alias])
        if here:
            yield Step(
                alias,
                here,
                reasons.get(alias, "any order: no replicated row depends on it"),
                waits=stretch.order is Order.PRIMARY_FIRST and alias == REPLICA,
                retypes=stretch.retypes and alias == ANALYTICS,
            )
