"""From rows to the database: batches, what is new, changed or unchanged, and the counts.

Entry point: `titles_import`. Each batch is one transaction, and a row that is in the catalog as the file has
it is left alone, so an import that was killed is finished by running it again. One import runs at a time
(`one_import_at_a_time`). Which title a row is of, `identity` says, and `sorting` what is to be done with it; rows of
one title come in one after the other. Failure: `files.Unreadable`, `ImportRunning`, `CatalogRefuses`; what earlier
batches brought in stays in each case.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from django.db import DatabaseError, OperationalError, connections, reset_queries, transaction
from django.utils import timezone

from catalog.importing import changing, inserting
from catalog.importing.batching import Batch, ahead, batches
from catalog.importing.counts import Counts
from catalog.importing.describing import status_of
from catalog.importing.files import ImportFailed
from catalog.importing.foreseen import Foreseen, claims_foreseen
from catalog.importing.growing import parts_of, together
from catalog.importing.identity import Claims, Overtaken, TitledRow, claim_id, confirm, titles_found
from catalog.importing.records import Format, Note, Row, rejection
from catalog.importing.sharing import people_insert, terms_insert
from catalog.importing.sorting import Sorted, rows_sort, said_before
from catalog.locking import again_after_deadlock, contents_lock, everybody_lock
from catalog.models import Content
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.writing import mixed_transaction
from streaming.stores.refusal import Refused, first_line

S = TypeVar("S")
LOCK_NOT_AVAILABLE = "55P03"
LOCK = 0x696D706F7274  # "import"
# Classes of SQLSTATE that say of a value that it cannot be stored: data exceptions, integrity, limits of the program;
# and what Citus says in place of each where a worker refuses a row of a COPY.
OF_A_ROW = ("22", "23", "54", "XX")
LOOKS = 5  # at who has the external ids of a batch, before an import gives up
LOCK_WAIT_SECONDS = 3  # the server needs a moment to notice that an import was killed


class ImportRunning(ImportFailed, Refused):
    """Another import holds the catalog."""


class CatalogRefuses(ImportFailed):
    """The database refused a batch, or is away."""


@dataclass
class _Outcome:
    """What a batch comes to, counted and told once it is in."""

    new: int = 0
    drafts: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: list[Note] = field(default_factory=list)
    kept_out: list[Note] = field(default_factory=list)
    cut_off: set[Note] = field(default_factory=set)
    # Of which a dry run finds nothing in the catalog.
    made: set[UUID] = field(default_factory=set)
    claimed: Claims = field(default_factory=dict)


def titles_import(
    *,
    source: Format[S],
    file: S,
    note: Callable[[Note], None],
    batch_done: Callable[[], None],
    dry_run: bool = False,
) -> Counts:
    """Imports a file's titles. `note` takes each rejected and mended row, `batch_done` is called between batches.

    With `dry_run` the counts are what an import would do now, and nothing is written; which external ids titles of the
    file give up it does not foresee.
    """
    counts = Counts()
    with claims_foreseen() if dry_run else nullcontext() as foreseen:
        for batch in ahead(batches(source, file)):
            _tell(batch, counts, note)
            if batch.rows:
                for outcome in _bring_in(source, batch.rows, foreseen, is_first=not counts.new):
                    _add(outcome, counts, note)
                    if foreseen:
                        foreseen.claim(outcome.claimed)
            reset_queries()  # under DEBUG Django keeps the text of every statement: half a megabyte a batch
            batch_done()
    return counts


def _tell(batch: Batch, counts: Counts, note: Callable[[Note], None]) -> None:
    counts.broken_off = batch.broken_off
    for each in batch.notes:
        if each.outcome == "rejected":
            counts.reject(each)
        counts.mended += each.outcome == "mended"
        note(each)


def _add(outcome: _Outcome, counts: Counts, note: Callable[[Note], None]) -> None:
    counts.new += outcome.new
    counts.drafts += outcome.drafts
    counts.changed += outcome.changed
    counts.unchanged += outcome.unchanged
    for each in outcome.rejected:
        counts.reject(each)
    counts.kept_out += len(outcome.kept_out)
    ended = sorted(outcome.cut_off.difference(counts.cut_off), key=lambda each: each.file)
    counts.cut_off += ended
    for each in (*outcome.rejected, *outcome.kept_out, *ended):
        note(each)


@contextmanager
def one_import_at_a_time() -> Iterator[None]:
    """Holds the catalog for one import. Raises `ImportRunning` when another one has it."""
    connection = connections[CATALOG]
    try:
        with transaction.atomic(using=CATALOG), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT_SECONDS}s'")
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])  # held until it is given back
    except OperationalError as error:
        if _sqlstate(error) == LOCK_NOT_AVAILABLE:
            raise ImportRunning(
                "Another import is running: wait for its end, then run this again."
            ) from error
        raise CatalogRefuses(f"The catalog's database cannot be used ({first_line(error)}).") from error
    try:
        yield
    finally:
        # Closing gives the lock back as well, and also when the connection is past answering.
        connection.close()


def _bring_in(
    source: Format[Any], rows: list[Row], foreseen: Foreseen | None, is_first: bool
) -> Iterator[_Outcome]:
    """Brings a batch in, in one transaction; where the database refuses a row, halves of it, down to that row, which
    is rejected. `foreseen` makes it a dry run. `is_first`: nothing new was brought in before."""
    try:
        yield _at_once(source, rows, foreseen, is_first)
    except DatabaseError as error:
        if _sqlstate(error)[:2] not in OF_A_ROW:
            raise _refused(rows, first_line(error)) from error
        if len(rows) == 1:
            yield _Outcome(rejected=[_unstorable(rows[0], first_line(error))])
            return
        middle = len(rows) // 2
        for half in (rows[:middle], rows[middle:]):
            yield from _bring_in(source, half, foreseen, is_first)


def _at_once(source: Format[Any], rows: list[Row], foreseen: Foreseen | None, is_first: bool) -> _Outcome:
    """In one transaction, which a deadlock with another writer has repeated."""
    for _ in range(LOOKS):
        try:
            return again_after_deadlock(partial(_looked_up_and_brought_in, source, rows, foreseen, is_first))
        except Overtaken:
            continue  # looked up again, the rows are of the titles that they are of now
    raise _refused(rows, "others go on claiming external ids of these titles, or merging them")


def _sqlstate(error: DatabaseError) -> str:
    return getattr(error.__cause__, "pgcode", None) or ""


def _looked_up_and_brought_in(
    source: Format[Any], rows: list[Row], foreseen: Foreseen | None, is_first: bool
) -> _Outcome:
    outcome = _Outcome()
    with mixed_transaction(CATALOG):
        titles = _looked_up(source, parts_of(rows), foreseen, outcome)
        for found in _one_row_a_title(together(titles)):
            _bring_in_titles(source, found, foreseen, outcome)
        if outcome.new and is_first and foreseen is None:
            inserting.statistics_refresh()  # before the first commit, which checks the foreign keys
    return outcome


def _looked_up(
    source: Format[Any], rows: list[Row], foreseen: Foreseen | None, outcome: _Outcome
) -> list[TitledRow]:
    """The titles of the rows: held, but in a dry run, which has those of earlier batches as well."""
    if foreseen is None:
        everybody_lock()
        titles = titles_found(scheme=source.scheme, rows=rows)
        contents_lock(each.content_id for each in titles)
        confirm(scheme=source.scheme, rows=rows, found=titles)
        return titles
    claims = foreseen.claims_of({each for row in rows for each in row.names})
    outcome.made.update(claims.values())
    return titles_found(scheme=source.scheme, rows=rows, foreseen=claims)


def _refused(rows: list[Row], why: str) -> CatalogRefuses:
    return CatalogRefuses(
        f"The catalog refused lines {rows[0].line} to {rows[-1].line} ({why}). "
        "What stands before them is in; running this again goes on from there."
    )


def _one_row_a_title(found: list[TitledRow]) -> Iterator[dict[UUID, TitledRow]]:
    """In the file's order, in as few groups as have no title twice."""
    group: dict[UUID, TitledRow] = {}
    for each in found:
        if each.content_id in group:
            yield group
            group = {}
        group[each.content_id] = each
    if group:
        yield group


def _bring_in_titles(
    source: Format[Any], found: dict[UUID, TitledRow], foreseen: Foreseen | None, outcome: _Outcome
) -> None:
    rows = rows_sort(source, found, outcome.made)
    outcome.made |= rows.new.keys()
    outcome.new += len(rows.new)
    outcome.drafts += sum(status_of(each.row.title) == Content.Status.DRAFT for each in rows.new.values())
    outcome.changed += len(rows.changed)
    outcome.unchanged += rows.unchanged + len(rows.lacking)
    outcome.rejected += (*rows.rejected, *map(_homeless, rows.homeless))
    outcome.cut_off |= rows.cut_off
    for each in (*rows.new.values(), *rows.changed.values(), *rows.lacking.values()):
        for claim, owner in each.refused:
            outcome.kept_out.append(_kept_out(each.row, f"{claim_id(*claim)} is of another title, {owner}"))
    if foreseen is None:
        now = timezone.now()
        _write(source, rows, outcome, now)
        if rows.lacking:
            _complete(source, rows, outcome, now)
        return
    for each in (*rows.new.values(), *rows.changed.values()):
        outcome.claimed.update(dict.fromkeys(each.row.title.external_ids, each.content_id))


def _write(source: Format[Any], rows: Sorted, outcome: _Outcome, now: datetime) -> None:
    both = [each.row.title for part in (rows.new, rows.changed) for each in part.values()]
    if not both:
        return
    known = people_insert(both)
    terms = terms_insert(both)
    inserting.titles_insert(
        scheme=source.scheme, found=list(rows.new.values()), terms=terms, known=known, now=now
    )
    if not rows.changed:
        return
    kept_out = changing.titles_change(
        scheme=source.scheme,
        found=list(rows.changed.values()),
        said=said_before(source, rows.changed),
        terms=terms,
        known=known,
        now=now,
    )
    outcome.kept_out += [_kept_out(rows.changed[each.content_id].row, each.reason) for each in kept_out]


def _complete(source: Format[Any], rows: Sorted, outcome: _Outcome, now: datetime) -> None:
    completed, kept_out = changing.titles_complete(
        scheme=source.scheme, found=list(rows.lacking.values()), lacking=rows.kept_out, now=now
    )
    outcome.changed += len(completed)
    outcome.unchanged -= len(completed)
    outcome.kept_out += [_kept_out(rows.lacking[each.content_id].row, each.reason) for each in kept_out]


def _homeless(row: Row) -> Note:
    named = ", ".join(claim_id(*each) for each in row.names)
    return rejection(
        line=row.line,
        reason=f"no title has {named or 'an id that it names'}",
        key=row.key,
        title=row.title.title,
    )


def _unstorable(row: Row, why: str) -> Note:
    return rejection(
        line=row.line, reason=f"the database refuses it: {why}", key=row.key, title=row.title.title
    )


def _kept_out(row: Row, reason: str) -> Note:
    return Note(row.line, row.key, "conflict", reason, row.title.title)
