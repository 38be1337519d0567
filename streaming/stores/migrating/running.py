"""Runs the plan, step by step; each may be cut off and the next run goes on from there.

Django commits each migration with its own transaction, so a run that was killed leaves whole migrations behind.
Entry point: `migrate`. Failure: `Refused`, `NotMigrated`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from django.core.management import call_command
from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.db.migrations.exceptions import InconsistentMigrationHistory

from streaming.stores.aliases import ANALYTICS, CATALOG, REPLICA
from streaming.stores.migrating.steps import Step, plan
from streaming.stores.migrating.suspending import off_publication
from streaming.stores.refusal import Failed, first_line
from streaming.stores.replication.position import ReplicaBehind, wait_until_applied

AWAIT_SECONDS = 60.0
AGAIN = "what ran before stays, and the next run goes on from there"
NAMES = {REPLICA: "the analytics replica", ANALYTICS: "the analytics primary", CATALOG: "the catalog"}


class NotMigrated(Failed):
    """A store is away, a migration failed or the replica did not keep up."""


def planned(published: Mapping[str, Sequence[str]]) -> list[Step]:
    """The steps that are left. Raises `NotMigrated` when a store does not answer, `Refused`."""
    for alias, name in NAMES.items():
        with _in_one_sentence(f"{name} does not answer, and nothing was done"):
            connections[alias].ensure_connection()
    with _in_one_sentence("the migrations cannot be planned, and nothing was done"):
        return plan(published)


def migrate(steps: Sequence[Step], *, await_seconds: float = AWAIT_SECONDS, **options: Any) -> Iterator[Step]:
    """Runs the steps and yields each when it is done. `options` are those of Django's `migrate`.

    A replica that lags when it is to come last ends the run before the first step. An alias' last step, and the
    call for one without steps, names no migration: Django then also makes what permissions are missing.
    """
    if any(step.waits for step in steps):
        _await_replica(await_seconds, "nothing was done")
    last = {step.alias: step for step in steps}
    for step in steps:
        if step.waits:
            _await_replica(await_seconds, AGAIN)
        targets: Sequence[tuple[str, ...]] = [()] if step is last[step.alias] else step.targets()
        with _in_one_sentence(f"migrating {NAMES[step.alias]} ended half-way ({AGAIN})"):
            with off_publication() if step.retypes else nullcontext():
                for target in targets:
                    call_command("migrate", *target, database=step.alias, interactive=False, **options)
        yield step
    for alias in NAMES.keys() - last.keys():
        with _in_one_sentence(f"{NAMES[alias]} is migrated, but may lack permissions ({AGAIN})"):
            call_command("migrate", database=alias, interactive=False, **options)


def _await_replica(seconds: float, what_now: str) -> None:
    with _in_one_sentence(f"the replica's progress cannot be asked, {what_now}"):
        try:
            wait_until_applied(seconds)
        except ReplicaBehind as error:
            raise NotMigrated(
                f"{str(error).capitalize()}, and it has to before its schema changes ({what_now}): look at "
                "`manage.py replication status`, then run migrate_stores again."
            ) from error


@contextmanager
def _in_one_sentence(what: str) -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise NotMigrated(
            f"{what[0].upper()}{what[1:]}: {first_line(error)}; see `manage.py status`."
        ) from error
    except (DatabaseError, InconsistentMigrationHistory) as error:
        said = " ".join(str(error).split())
        raise NotMigrated(f"{what[0].upper()}{what[1:]}: {said}") from error
