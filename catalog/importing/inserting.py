"""New titles by COPY, with everything that hangs on them and their search documents, which are made from the rows at
hand: nothing that was just written is read again.

Called inside the batch's transaction. It does for these titles what `catalog.services.contents_touch` does for
changed ones, and a test holds the two equal; no cache can hold a title that was not there. Failure:
`django.db.Error`s, `Overtaken`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

import orjson
from django.db import connections

from catalog.changes import changes_note
from catalog.importing.children import KINDS, MATURITY_RATINGS, Children, Kind, children_of
from catalog.importing.describing import gate_of, title_facts
from catalog.importing.identity import Overtaken, TitledRow, source_id
from catalog.importing.records import Row
from catalog.importing.sharing import Known, TermIds
from catalog.maturity import labels_changed
from catalog.models import Change
from catalog.registries import Ref
from catalog.search.documents import document_of, documents_insert
from catalog.services.external_ids import Pair, claims_take
from catalog.visibility import Audience, is_public, next_change
from streaming.stores.aliases import CATALOG
from streaming.stores.copying import array_text, copy_rows

Values = Iterator[Sequence[object]]


def titles_insert(
    *, scheme: str, found: Collection[TitledRow], terms: TermIds, known: Known, now: datetime
) -> None:
    """Inserts titles with all that their rows say, sources and documents, and notes that they changed."""
    if not found:
        return
    rows = {each.content_id: each.row for each in found}
    made = {title: children_of(title, row.title, known.moved) for title, row in rows.items()}
    gates = {title: gate_of(row.title, made[title]) for title, row in rows.items()}
    later = {title: next_change(gate, after=now) for title, gate in gates.items()}
    _copy("content_metadata", TITLE_COLUMNS, _titles(rows, gates, later, now))
    _copy("content_sources", SOURCE_COLUMNS, _sources(scheme, found, now))
    for kind in KINDS:
        _copy(kind.table, kind.columns, _children(kind, made))
    for field, ids in terms.items():
        column = f"{field[:-1]}_id"
        _copy(f"content_{field}", ("content_id", column), _links(field, rows, ids))
    ids_claim(Pair(each.content_id, Ref(*said)) for each in found for said in each.row.title.external_ids)
    documents_insert(
        document_of(
            title_facts(
                content_id=content_id,
                title=row.title,
                children=made[content_id],
                gate=gates[content_id],
                terms=terms,
                known=known,
                now=now,
            )
        )
        for content_id, row in rows.items()
    )
    if any(gate["maturity"] for gate in gates.values()):
        labels_changed()
    audience = Audience(now)
    shown = {content_id: is_public(gate, audience) for content_id, gate in gates.items()}
    hidden = {content_id for content_id, moment in later.items() if moment is None and not shown[content_id]}
    changes_note(shown=shown, kind=Change.Kind.SAVED, at=now, hidden=hidden)


def ids_claim(pairs: Iterable[Pair]) -> None:
    """Claims external ids that were nobody else's when the titles were looked up. Raises `Overtaken`."""
    if claims_take(pairs=list(pairs)):
        raise Overtaken


def statistics_refresh() -> None:
    """Tells the planner how large the tables are now, for the plans that the rest of the import keeps.

    Foreign keys are checked by plans that a connection makes once. Made on tables that statistics call empty,
    they scan those tables for every credit: an import after a large delete took ten times as long.
    """
    with connections[CATALOG].cursor() as cursor:
        cursor.execute("ANALYZE content_metadata, content_sources, cast_crew, genres, keywords, studios")


def _copy(table: str, columns: tuple[str, ...], values: Values) -> None:
    """On Citus every COPY opens the table's shards; one of no rows is spared."""
    first = next(values, None)
    if first is not None:
        copy_rows(CATALOG, table, columns, chain([first], values))


SCALARS = (
    *("title", "content_type", "summary", "release_date", "duration_minutes", "original_title", "sort_title"),
    *("tagline", "original_language", "rating", "rating_count", "thumbnail_url", "trailer_url"),
)
TITLE_COLUMNS = (
    *("content_id", *SCALARS, "countries", "status", "published_at", "availability", "maturity"),
    *("next_change_at", "created_at", "updated_at"),
)
SOURCE_COLUMNS = ("id", "content_id", "scheme", "value", "record", "digest", "kept_out", "imported_at")


def _titles(
    rows: Mapping[UUID, Row],
    gates: Mapping[UUID, dict[str, Any]],
    later: Mapping[UUID, datetime | None],
    now: datetime,
) -> Values:
    for content_id, row in rows.items():
        title, gate = row.title, gates[content_id]
        spans = gate["availability"]
        yield (
            content_id,
            *(getattr(title, name) for name in SCALARS),
            array_text(title.countries),
            gate["status"],
            gate["published_at"],
            None if spans is None else orjson.dumps(spans).decode(),
            array_text(gate["maturity"]),
            later[content_id],
            now,
            now,
        )


def _sources(scheme: str, found: Collection[TitledRow], now: datetime) -> Values:
    for each in found:
        content_id, row = each.content_id, each.row
        key = source_id(content_id, scheme, row.key)
        kept_out = array_text(each.refused_children) if each.refused else None
        yield key, content_id, scheme, row.key, row.record_json, row.digest, kept_out, now


def _children(kind: Kind, made: Mapping[UUID, Children]) -> Values:
    for children in made.values():
        rows: Iterable[Sequence[object]] = children.get(kind, ())
        if kind is MATURITY_RATINGS:  # which have an array
            rows = ([*values[:-1], array_text(values[-1])] for values in children.get(kind, ()))
        yield from rows


def _links(field: str, rows: Mapping[UUID, Row], ids: Mapping[str, int]) -> Values:
    for content_id, row in rows.items():
        for name in dict.fromkeys(getattr(row.title, field)):
            yield content_id, ids[name]
