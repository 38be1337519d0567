"""From rows to the database: batches, what is new, changed or unchanged, and the counts.

Entry point: `titles_import`. Each batch is one transaction, and a row that is in the catalog as the file has
it is left alone, so an import that was killed is finished by running it again. One import runs at a time
(`one_import_at_a_time`). Which title a row is of, `identity` says; rows of one title come in one after the other.
Failure: `files.Unreadable`, `ImportRunning`, `CatalogRefuses`; what earlier batches brought in stays in each case.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db import DatabaseError, OperationalError, connections, reset_queries, transaction
from django.utils import timezone

from catalog.importing import changing, inserting
from catalog.importing.batching import Batch, ahead, batches
from catalog.importing.counts import Counts
from catalog.importing.files import ImportFailed
from catalog.importing.identity import Found, Overtaken, claim_id, titles_found
from catalog.importing.records import Format, Note, Row, digest_of, json_of, rejection
from catalog.importing.replacing import Before
from catalog.importing.selectors import digests_by_key, existing_contents, merged_contents, records_by_key
from catalog.importing.sharing import people_insert, terms_insert
from catalog.locking import again_after_deadlock, contents_lock, everybody_lock
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
    changed: int = 0
    unchanged: int = 0
    rejected: list[Note] = field(default_factory=list)
    kept_out: list[Note] = field(default_factory=list)


class _Sorted(NamedTuple):
    new: dict[UUID, Found]
    changed: dict[UUID, Found]


def titles_import(
    *,
    source: Format[S],
    file: S,
    note: Callable[[Note], None],
    batch_done: Callable[[], None],
    dry_run: bool = False,
) -> Counts:
    """Imports a file's titles. `note` takes each rejected and mended row, `batch_done` is called between batches.

    With `dry_run` the counts are what an import would do now, and nothing is written.
    """
    counts = Counts()
    for batch in ahead(batches(source, file)):
        _tell(batch, counts, note)
        if batch.rows:
            for outcome in _bring_in(source, batch.rows, dry_run, is_first=not counts.new):
                _add(outcome, counts, note)
        reset_queries()  # under DEBUG Django keeps the text of every statement: half a megabyte a batch
        batch_done()
    return counts


def _tell(batch: Batch, counts: Counts, note: Callable[[Note], None]) -> None:
    counts.broken_off = batch.broken_off
    for each in batch.notes:
        counts.rejected += each.outcome == "rejected"
        counts.mended += each.outcome == "mended"
        note(each)


def _add(outcome: _Outcome, counts: Counts, note: Callable[[Note], None]) -> None:
    counts.new += outcome.new
    counts.changed += outcome.changed
    counts.unchanged += outcome.unchanged
    counts.rejected += len(outcome.rejected)
    counts.kept_out += len(outcome.kept_out)
    for each in (*outcome.rejected, *outcome.kept_out):
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


def _bring_in(source: Format[Any], rows: list[Row], dry_run: bool, is_first: bool) -> Iterator[_Outcome]:
    """Brings a batch in, in one transaction; where the database refuses a row, halves of it, down to that row, which
    is rejected. `is_first`: nothing new was brought in before."""
    try:
        yield _at_once(source, rows, dry_run, is_first)
    except DatabaseError as error:
        if _sqlstate(error)[:2] not in OF_A_ROW:
            raise _refused(rows, first_line(error)) from error
        if len(rows) == 1:
            yield _Outcome(rejected=[_unstorable(rows[0], first_line(error))])
            return
        middle = len(rows) // 2
        for half in (rows[:middle], rows[middle:]):
            yield from _bring_in(source, half, dry_run, is_first)


def _at_once(source: Format[Any], rows: list[Row], dry_run: bool, is_first: bool) -> _Outcome:
    """In one transaction, which a deadlock with another writer has repeated."""
    for _ in range(LOOKS):
        try:
            return again_after_deadlock(partial(_looked_up_and_brought_in, source, rows, dry_run, is_first))
        except Overtaken:
            continue  # looked up again, the rows are of the titles that they are of now
    raise _refused(rows, "others go on claiming external ids of these titles, or merging them")


def _sqlstate(error: DatabaseError) -> str:
    return getattr(error.__cause__, "pgcode", None) or ""


def _looked_up_and_brought_in(
    source: Format[Any], rows: list[Row], dry_run: bool, is_first: bool
) -> _Outcome:
    outcome = _Outcome()
    with mixed_transaction(CATALOG):
        if not dry_run:
            everybody_lock()
        titles = titles_found(scheme=source.scheme, rows=rows)
        if not dry_run:
            contents_lock(each.content_id for each in titles)
        for found in _one_row_a_title(titles):
            _bring_in_titles(source, found, dry_run, outcome)
        if outcome.new and is_first and not dry_run:
            inserting.statistics_refresh()  # before the first commit, which checks the foreign keys
    return outcome


def _refused(rows: list[Row], why: str) -> CatalogRefuses:
    return CatalogRefuses(
        f"The catalog refused lines {rows[0].line} to {rows[-1].line} ({why}). "
        "What stands before them is in; running this again goes on from there."
    )


def _one_row_a_title(found: list[Found]) -> Iterator[dict[UUID, Found]]:
    """In the file's order, in as few groups as have no title twice."""
    group: dict[UUID, Found] = {}
    for each in found:
        if each.content_id in group:
            yield group
            group = {}
        group[each.content_id] = each
    if group:
        yield group


def _bring_in_titles(source: Format[Any], found: dict[UUID, Found], dry_run: bool, outcome: _Outcome) -> None:
    sorted_out = _sort(source, found, outcome)
    outcome.new += len(sorted_out.new)
    outcome.changed += len(sorted_out.changed)
    for each in (*sorted_out.new.values(), *sorted_out.changed.values()):
        for claim, owner in each.refused:
            outcome.kept_out.append(_kept_out(each.row, f"{claim_id(*claim)} is of another title, {owner}"))
    if not dry_run:
        _write(source, sorted_out, outcome)


def _sort(source: Format[Any], found: dict[UUID, Found], outcome: _Outcome) -> _Sorted:
    keys = {content_id: each.row.key for content_id, each in found.items()}
    there = existing_contents(keys)
    if there and merged_contents(there):
        raise Overtaken
    digests = digests_by_key(scheme=source.scheme, keys=keys) if there else {}
    sorted_out = _Sorted({}, {})
    for content_id, each in _completed(source, found, keys if there else {}).items():
        row = each.row
        if content_id in there:
            if digests.get(content_id) == row.digest:
                outcome.unchanged += 1
            else:
                sorted_out.changed[content_id] = each
        elif row.must_exist:
            outcome.rejected.append(_homeless(row))
        else:
            sorted_out.new[content_id] = each
    return sorted_out


def _completed(source: Format[Any], found: dict[UUID, Found], keys: dict[UUID, str]) -> dict[UUID, Found]:
    """Rows of which parts were unread, with these as the last import had them."""
    partial = {title: key for title, key in keys.items() if found[title].row.unread}
    if not partial:
        return found
    whole = dict(found)
    for title, (record, _) in records_by_key(scheme=source.scheme, keys=partial).items():
        row = whole[title].row
        kept = {name: record[name] for name in row.unread if name in record}
        if kept:
            said = source.title_of(row.record | kept)
            said = replace(said, external_ids=row.title.external_ids, people=row.title.people)
            row = replace(row, record=row.record | kept, title=said)
            whole[title] = whole[title]._replace(row=row)
    return whole


def _write(source: Format[Any], found: _Sorted, outcome: _Outcome) -> None:
    both = [each.row.title for part in found for each in part.values()]
    if not both:
        return
    now = timezone.now()
    known = people_insert(both)
    terms = terms_insert(both)
    inserting.titles_insert(
        scheme=source.scheme, found=list(found.new.values()), terms=terms, known=known, now=now
    )
    if not found.changed:
        return
    kept_out = changing.titles_change(
        scheme=source.scheme,
        found=list(found.changed.values()),
        said=_said(source, found.changed),
        terms=terms,
        known=known,
        now=now,
    )
    outcome.kept_out += [_kept_out(found.changed[each.content_id].row, each.reason) for each in kept_out]


def _said(source: Format[Any], found: dict[UUID, Found]) -> dict[UUID, Before]:
    keys = {content_id: each.row.key for content_id, each in found.items()}
    records = records_by_key(scheme=source.scheme, keys=keys)
    return {
        content_id: Before(
            title=source.title_of(record),
            is_whole=digest == digest_of(json_of(record), found[content_id].row.edition),
        )
        for content_id, (record, digest) in records.items()
    }


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
