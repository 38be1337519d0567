"""One step of a distribution: its name, the SQL it stands for, and how it is run.

A step changes the database at once or not at all, so that a kill leaves a state to plan from. Entry points:
`Step`, and the ways to run one: `alone`, `at_once`, `briefly`. Failure: `LockNotGranted` when others held a
table for too long; `django.db.Error`s.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import OperationalError, transaction
from psycopg2 import errors, sql

from streaming.stores.aliases import CATALOG
from streaming.stores.statements import run

# Below `deadlock_timeout` (1 s): who crosses us waits this long and goes on, and is never the one that is ended.
LOCK_TIMEOUT = sql.SQL("SET LOCAL lock_timeout = '300ms'")
PAUSE_SECONDS = 0.1
PATIENCE_SECONDS = 60


class LockNotGranted(Exception):
    """Transactions of others held a table for `PATIENCE_SECONDS`."""


@dataclass(frozen=True)
class Step:
    """`statements` is what `--dry-run` prints; `act` runs it. `rows` is how many it has to copy."""

    name: str
    statements: tuple[sql.Composable, ...]
    act: Callable[[], None]
    rows: int = 0


def alone(name: str, statement: sql.Composable, *, rows: int = 0) -> Step:
    """A statement that is a transaction by itself; Citus' concurrent functions must be."""
    return Step(name, (statement,), lambda: run(CATALOG, statement), rows)


def at_once(name: str, *statements: sql.Composable) -> Step:
    """Statements in one transaction."""
    return Step(name, statements, lambda: _transaction(statements))


def briefly(name: str, *statements: sql.Composable) -> Step:
    """Statements in one transaction that waits for locks a moment only, and tries again: a change of a table
    that waits in line for a long reader has everybody behind it wait as well."""
    statements = (LOCK_TIMEOUT, *statements)

    def act() -> None:
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while not _lock_granted(statements):
            if time.monotonic() > give_up_at:
                raise LockNotGranted(name)
            time.sleep(PAUSE_SECONDS)

    return Step(name, statements, act)


def _transaction(statements: tuple[sql.Composable, ...]) -> None:
    with transaction.atomic(using=CATALOG):
        for statement in statements:
            run(CATALOG, statement)


def _lock_granted(statements: tuple[sql.Composable, ...]) -> bool:
    try:
        _transaction(statements)
    except OperationalError as error:
        if isinstance(error.__cause__, errors.LockNotAvailable | errors.DeadlockDetected):
            return False
        raise
    return True
