"""Whether the replica's rows equal the primary's, by checksums of key ranges; and if not, which rows differ.

Each table is walked in ranges of `ROWS_IN_RANGE` keys of the primary, the first and the last open-ended, so that
every row of the replica falls into one. The servers add up a hash of each row; only ranges whose sums differ are
looked at row by row, one at a time, so memory is bounded by a range.

Writers may go on. A row differs only if, in two rounds, the replica showed other than the primary after it had
applied all that the primary had shown, and the primary's row was the same before and after. A row that changes
through `ROUNDS` rounds and is never seen equal counts as unsettled.

Entry points: `check`, `estimated_rows`. Failure: `django.db.Error`s; `ReplicaBehind` when the replica applies nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from psycopg2 import sql

from streaming.stores.aliases import ANALYTICS, REPLICA
from streaming.stores.replication import structure
from streaming.stores.replication.position import wait_until_applied
from streaming.stores.statements import names, rows, run, scalar

ROWS_IN_RANGE = 10_000
ROUNDS = 6
CATCH_UP_SECONDS = 30.0
MISSING = "missing on the replica"
EXTRA = "only on the replica"
CHANGED = "different"

SPELLING = sql.SQL(
    "SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL timezone = 'UTC'; SET LOCAL extra_float_digits = 1"
)

Published = Mapping[str, Sequence[str]]
Hashes = dict[str, str]  # a row's key to the hash of its columns


@dataclass(frozen=True)
class Difference:
    """One diverging row; `columns` only where both sides have it."""

    table: str
    key: str
    kind: str
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        columns = f" in {', '.join(self.columns)}" if self.columns else ""
        return f"{self.table} {self.key}: {self.kind}{columns}"


@dataclass
class Comparison:
    """`rows` and `ranges` of the primary that were compared; `differences` up to the limit, `counts` all by kind."""

    rows: int = 0
    ranges: int = 0
    unsettled: int = 0
    structure: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: {MISSING: 0, EXTRA: 0, CHANGED: 0})

    @property
    def equal(self) -> bool:
        return not (self.structure or self.unsettled or any(self.counts.values()))


@dataclass(frozen=True)
class _Range:
    """Rows of `table` with a key above `low` up to `high`; None is open. `columns` are what is compared."""

    table: str
    key: str
    columns: tuple[str, ...]
    low: str | None = None
    high: str | None = None

    def where(self) -> sql.Composable:
        key = sql.Identifier(self.key)
        low = sql.SQL("{} > {}").format(key, sql.Literal(self.low)) if self.low else sql.SQL("true")
        high = sql.SQL("{} <= {}").format(key, sql.Literal(self.high)) if self.high else sql.SQL("true")
        return sql.SQL("{} AND {}").format(low, high)


def check(
    published: Published,
    *,
    limit: int,
    advance: Callable[[int], None] = lambda rows: None,
    settle: Callable[[], None] = lambda: wait_until_applied(CATCH_UP_SECONDS),
) -> Comparison:
    """Compares all rows over the published columns and names up to `limit` that differ.

    `advance` is told the rows of each range as it is done. `settle` returns when the replica has applied what the
    primary has; where nothing is written any more it may do nothing. Raises `ReplicaBehind`.
    """
    found = Comparison(structure=structure.differences(published))
    for table, columns in published.items():
        key = _key_of(table)
        shared = structure.comparable(table, columns)
        if key not in shared:
            continue  # named above: the table or its key is missing
        for part in _split(ANALYTICS, _Range(table, key, tuple(shared)), ROWS_IN_RANGE):
            count, total = _sum(ANALYTICS, part)
            if (count, total) != _sum(REPLICA, part):
                for piece in _split(REPLICA, part, 2 * ROWS_IN_RANGE):
                    _look_into(piece, found, limit, settle)
            found.rows += count
            found.ranges += 1
            advance(count)
    return found


def estimated_rows(published: Published) -> int:
    """What `advance` will add up to, by the planner's statistics."""
    return sum(
        int(
            scalar(
                ANALYTICS, "SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = to_regclass(%s)", table
            )
            or 0
        )
        for table in published
    )


def _key_of(table: str) -> str:
    """The primary key's column; one that both servers order the same way (a UUID or a number)."""
    return str(
        scalar(
            ANALYTICS,
            """SELECT a.attname
                 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                WHERE i.indrelid = to_regclass(%s) AND i.indisprimary AND i.indnkeyatts = 1""",
            table,
        )
    )


def _split(alias: str, whole: _Range, size: int) -> Iterator[_Range]:
    """Cuts a range so that each part has up to `size` rows on the server of `alias`."""
    rest = whole
    while True:
        query = sql.SQL(
            "SELECT {key}::text FROM {table} WHERE {where} ORDER BY {key} OFFSET {size} LIMIT 1"
        ).format(
            key=sql.Identifier(rest.key),
            table=sql.Identifier(rest.table),
            where=rest.where(),
            size=sql.Literal(size - 1),
        )
        high = scalar(alias, query)
        if high is None:
            yield rest
            return
        yield replace(rest, high=high)
        rest = replace(rest, low=high)


def _sum(alias: str, part: _Range) -> tuple[int, int]:
    """How many rows, and the sum of 64 bits of each row's hash: the same in any order."""
    query = sql.SQL(
        "SELECT count(*), coalesce(sum(('x' || left({hash}, 16))::bit(64)::bigint), 0) FROM {table} WHERE {where}"
    )
    ((count, total),) = _spelt_alike(
        alias, query.format(hash=_hash(part), table=sql.Identifier(part.table), where=part.where())
    )
    return int(count), int(total)


def _hashes(alias: str, part: _Range) -> Hashes:
    query = sql.SQL("SELECT {key}::text, left({hash}, 16) FROM {table} WHERE {where}").format(
        key=sql.Identifier(part.key),
        hash=_hash(part),
        table=sql.Identifier(part.table),
        where=part.where(),
    )
    return dict(_spelt_alike(alias, query))


def _hash(part: _Range) -> sql.Composable:
    """md5, because it is the same in every version; a row's text tells NULL from empty and one column from the next."""
    return sql.SQL("md5(ROW({})::text)").format(names(part.columns))


def _spelt_alike(alias: str, query: sql.Composable) -> list[tuple[Any, ...]]:
    """Values become text by the session's settings, whose defaults the two servers may have different."""
    with transaction.atomic(using=alias):
        run(alias, SPELLING)
        return rows(alias, query)


def _look_into(part: _Range, found: Comparison, limit: int, settle: Callable[[], None]) -> None:
    """Adds to `found` what differs for good in a range whose sums differ."""
    pending: set[str] | None = None
    times: Counter[tuple[str, str]] = Counter()
    wrong: dict[str, str] = {}
    for _ in range(ROUNDS):
        seen, moving = _round(part, settle)
        pending = (seen.keys() | moving) if pending is None else pending & (seen.keys() | moving)
        times.update((key, kind) for key, kind in seen.items() if key in pending)
        wrong = {key: kind for (key, kind), count in times.items() if count > 1 and key in pending}
        if wrong.keys() == pending:
            break
    found.unsettled += len((pending or set()) - wrong.keys())
    for kind in wrong.values():
        found.counts[kind] += 1
    for key, kind in sorted(wrong.items())[: limit - len(found.differences)]:
        found.differences.append(Difference(part.table, key, kind, _differing_columns(part, key, kind)))


def _round(part: _Range, settle: Callable[[], None]) -> tuple[dict[str, str], set[str]]:
    """Rows that the replica has wrong, by kind, and rows that changed meanwhile and were not seen equal."""
    before = _hashes(ANALYTICS, part)
    settle()
    replica = _hashes(REPLICA, part)
    after = _hashes(ANALYTICS, part)
    wrong, moving = {}, set()
    for key in before.keys() | replica.keys() | after.keys():
        held, first, last = replica.get(key), before.get(key), after.get(key)
        if held in (first, last):
            continue
        if first != last:
            moving.add(key)
        else:
            wrong[key] = MISSING if held is None else EXTRA if first is None else CHANGED
    return wrong, moving


def _differing_columns(part: _Range, key: str, kind: str) -> tuple[str, ...]:
    if kind != CHANGED:
        return ()
    one = sql.SQL("SELECT {} FROM {} WHERE {} = {}").format(
        sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column)) for column in part.columns),
        sql.Identifier(part.table),
        sql.Identifier(part.key),
        sql.Literal(key),
    )
    primary, replica = (_spelt_alike(alias, one) for alias in (ANALYTICS, REPLICA))
    if not (primary and replica):
        return ()
    pairs = zip(part.columns, primary[0], replica[0], strict=True)
    return tuple(column for column, left, right in pairs if left != right)
