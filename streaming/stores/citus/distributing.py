"""Takes a live catalog to distributed tables: plans from what is there, then does one step after the other.

The plan is always made from the database's present state and the journal, never from what a former run meant
to do: that is why a run that was killed at any step is finished by the next, and a run with nothing left does
nothing. Order, and why: docs/adr/0009.

Entry points: `plan` (what is left, for `--dry-run` too), `distributing` (the lock that a run holds),
`carry_out`, `distribute_if_empty`. Failure: `Refused` and `Failed`; `django.db.Error`s.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import chain

from django.db import connections
from psycopg2 import sql

from streaming.stores.aliases import CATALOG
from streaming.stores.citus import cluster, gate, journal, keys, sequences
from streaming.stores.citus.cluster import Place
from streaming.stores.citus.journal import Baseline
from streaming.stores.citus.keys import Standing
from streaming.stores.citus.placement import (
    KEY,
    distributed_tables,
    reference_tables,
    root_table,
    spread_tables,
)
from streaming.stores.citus.reaching import coordinator_address
from streaming.stores.citus.steps import PATIENCE_SECONDS, LockNotGranted, Step, alone, at_once, briefly
from streaming.stores.refusal import Failed, Refused
from streaming.stores.statements import run, scalar
from streaming.stores.units import counted

SHARDS = 32
MOST_SHARDS = 64_000  # Citus' own limit
LOCK = 0x64697374  # of this database's advisory locks; the letters of "dist"
LOCK_SECONDS = 10
POLL_SECONDS = 0.2


@contextmanager
def distributing() -> Iterator[None]:
    """One run at a time. A killed run's session ends within about a second, so one that holds the lock is
    waited for; raises `Refused` when it does not end in `LOCK_SECONDS`."""
    run(CATALOG, sql.SQL("SET client_connection_check_interval = '1s'"))
    give_up_at = time.monotonic() + LOCK_SECONDS
    while not scalar(CATALOG, "SELECT pg_try_advisory_lock(%s::int)", str(LOCK)):
        if time.monotonic() > give_up_at:
            raise Refused(f"Another distribution is at work (backend {_holder()}): wait until it has ended.")
        time.sleep(POLL_SECONDS)
    try:
        yield
    finally:
        connections[CATALOG].close()  # the lock and the settings go with the session


@dataclass(frozen=True)
class Plan:
    """`tables` are those that are still to move."""

    steps: list[Step]
    tables: list[str]

    def script(self) -> list[str]:
        """The SQL, a line per statement or comment."""
        connections[CATALOG].ensure_connection()
        quoting = connections[CATALOG].connection
        lines = []
        for step in self.steps:
            lines.append(f"-- {step.name}")
            lines += [f"{statement.as_string(quoting)};" for statement in step.statements]
        return [*lines, f"-- {counted(len(self.steps), 'step')}, nothing changed"]


def plan(*, shards: int | None = None, online: bool = False) -> Plan:
    """What is left to do; no steps when all is in place. Raises `Refused`.

    `shards` None takes `SHARDS` for a catalog that is not distributed yet, and what there is for one that is.
    """
    if not cluster.extension_available():
        raise Refused(
            "This server has no Citus: install the extension and put citus first in shared_preload_libraries."
        )
    wanted, places, standing = cluster.wanted(), cluster.placed(), keys.present()
    moving = cluster.not_placed(places)
    _refuse(wanted, places, standing, shards=shards, online=online)
    steps = _cluster_steps()
    if moving or journal.exists():
        root = places.get(root_table())
        there = root.shards if root and root.kind == "distributed" else SHARDS
        steps += _moving_steps(moving, places, standing, shards=shards or there, online=online)
    else:
        steps += [sequences.mend(each) for each in sequences.behind(list(wanted))]
    return Plan(steps, moving)


def carry_out(steps: Sequence[Step], announce: Callable[[Step], None]) -> dict[str, Baseline]:
    """One step after the other; `announce` is called before each. Raises `Failed`.

    Returns what the tables held before they moved, for the verification: the last step drops the journal.
    """
    before: dict[str, Baseline] = {}
    for step in steps:
        announce(step)
        before = journal.baselines()
        try:
            step.act()
        except LockNotGranted as error:
            raise Failed(
                f"{error}: transactions of others held the table for {PATIENCE_SECONDS} s; "
                "end them and run it again, it goes on from here."
            ) from error
    return before


def distribute_if_empty() -> bool:
    """Distributes a catalog without titles on a coordinator that has workers; whether it did.

    Reference tables may have rows: migrations fill some.
    """
    workers = [node for node in cluster.nodes() if not node.is_coordinator]
    if not workers or not cluster.undistributed() or root_table() in cluster.placed():
        return False
    with distributing():
        of_titles = (table for table, kind in cluster.wanted().items() if kind == "distributed")
        if any(scalar(CATALOG, _any_row(table)) for table in of_titles):
            return False
        carry_out(plan().steps, lambda step: None)
    return True


def _refuse(
    wanted: Mapping[str, str],
    places: Mapping[str, Place],
    standing: Sequence[Standing],
    *,
    shards: int | None,
    online: bool,
) -> None:
    if root_table() not in wanted:
        raise Refused("The catalog has no tables yet: run manage.py migrate --database catalog first.")
    if shards is not None and not 1 <= shards <= MOST_SHARDS:
        raise Refused(f"{shards} is no number of shards: 1 to {MOST_SHARDS}.")
    root = places.get(root_table())
    if shards and root and root.kind == "distributed" and root.shards != shards:
        raise Refused(
            f"The tables have {root.shards} shards: leave --shards out, or change them, which blocks writes, by "
            f"SELECT alter_distributed_table('{root_table()}', shard_count => {shards}, "
            "cascade_to_colocated => true)."
        )
    if strangers := keys.of_strangers(standing, distributed_tables(), wanted):
        raise Refused(
            f"The table {strangers[0].table} is not one of the catalog's and has the foreign key "
            f"{strangers[0].name} to one that is to be distributed: drop that key first."
        )
    if online and scalar(CATALOG, "SELECT current_setting('wal_level')") != "logical":
        raise Refused("--online needs wal_level = logical on every node: set it, or leave --online out.")


def _cluster_steps() -> list[Step]:
    steps = []
    nodes = cluster.nodes()
    coordinator = coordinator_address()
    if cluster.extension_version() is None:
        steps.append(alone("create the extension", sql.SQL("CREATE EXTENSION IF NOT EXISTS citus")))
    if not any(node.is_coordinator for node in nodes):
        name = sql.SQL("SELECT citus_set_coordinator_host({}, {})").format(
            sql.Literal(coordinator.host), sql.Literal(coordinator.port)
        )
        steps.append(alone("name the coordinator", name))
    if not any(node.takes_shards for node in nodes):
        admit = sql.SQL(
            "SELECT citus_set_node_property(nodename, nodeport, 'shouldhaveshards', true) "
            "FROM pg_dist_node WHERE groupid = 0"
        )
        steps.append(alone("let the coordinator have shards", admit))
    if journal.exists():
        recover = sql.SQL("SELECT recover_prepared_transactions()")
        steps.append(alone("settle what a killed run prepared", recover))
    return steps


def _moving_steps(
    moving: list[str],
    places: Mapping[str, Place],
    standing: Sequence[Standing],
    *,
    shards: int,
    online: bool,
) -> list[Step]:
    counted = {table: int(scalar(CATALOG, _row_count(table))) for table in moving}
    taken = keys.in_the_way(standing, moving)
    # What the journal says of a key wins: it may be back and not yet validated.
    owed = {(key.table, key.name): key for key in [*taken, *journal.keys()]}.values()
    known = journal.baselines()
    baselines = chain.from_iterable(journal.insert_baseline(table) for table in moving if table not in known)
    steps = [at_once("open the journal", *journal.CREATE, *baselines)]
    steps += [keys.take_off(key) for key in taken]
    for table in cluster.wanted():
        if table in moving:
            steps.append(_place(table, counted[table], shards, online=online))
            if not (online and table not in reference_tables()):
                steps.append(_release(table))
        elif _local_data(table):
            steps.append(_release(table))
    steps += keys.returning(owed, [each for each in standing if each.key not in taken])
    steps += [sequences.mend(each) for each in sequences.of_tables([*known, *moving])]
    steps.append(alone("drop what is orphaned", sql.SQL("CALL citus_cleanup_orphaned_resources()")))
    return [*steps, _close()]


def _place(table: str, row_count: int, shards: int, *, online: bool) -> Step:
    function = "create_distributed_table_concurrently" if online else "create_distributed_table"
    literal = sql.Literal(table)
    if table in reference_tables():
        call = sql.SQL("SELECT create_reference_table({})").format(literal)
    elif table == root_table() or table in spread_tables():
        key = spread_tables().get(table, KEY)
        call = sql.SQL("SELECT {}({}, {}, colocate_with => 'none', shard_count => {})").format(
            sql.SQL(function), literal, sql.Literal(key), sql.Literal(shards)
        )
    else:
        call = sql.SQL("SELECT {}({}, {}, colocate_with => {})").format(
            sql.SQL(function), literal, sql.Literal(KEY), sql.Literal(root_table())
        )
    counting = journal.count_deleted(table)

    def act() -> None:
        with (
            gate.closed_at_the_switch(table) if online and table not in reference_tables() else nullcontext()
        ):
            run(CATALOG, call)
        run(CATALOG, counting)

    return Step(f"place {table}", (call, counting), act, rows=row_count)


def _release(table: str) -> Step:
    """The rows that Citus copied are still on the coordinator, out of sight."""
    call = sql.SQL("SELECT truncate_local_data_after_distributing_table({})").format(sql.Literal(table))
    return briefly(f"release {table}", call)


def _close() -> Step:
    """The journal stays while a key is not back: the next run answers for it."""

    def act() -> None:
        if keys.all_back(journal.keys()):
            at_once("", *journal.DROP).act()

    return Step("close the journal", journal.DROP, act)


def _local_data(table: str) -> bool:
    """Whether the coordinator's own relation of this name has rows; that of a distributed table should not."""
    return bool(scalar(CATALOG, "SELECT pg_relation_size(to_regclass(%s)) > 0", table))


def _row_count(table: str) -> sql.Composed:
    return sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))


def _any_row(table: str) -> sql.Composed:
    return sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table))


def _holder() -> str:
    pid = scalar(
        CATALOG,
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = %s::int "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        str(LOCK),
    )
    return str(pid)
