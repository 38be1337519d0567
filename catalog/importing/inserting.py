"""New rows by COPY: titles with all their children, and the people and genres that titles share.

Called inside the batch's transaction. People and genres that are there already are left as they are, so an
editor's biography or a merged name survives every import.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connections

from catalog.importing.identity import credit_id, person_id, season_id, source_id
from catalog.importing.records import Row
from catalog.models import Content, Genre
from streaming.stores.aliases import CATALOG
from streaming.stores.copying import copy_rows

# One statement with one array each: on Citus this writes a reference table, and so from the coordinator only.
INSERT_PEOPLE = """
INSERT INTO cast_crew (person_id, name, role)
SELECT person_id, name, role FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS found (person_id, name, role)
ON CONFLICT (person_id) DO NOTHING
"""
Values = Iterator[Sequence[object]]


def people_insert(*, rows: Mapping[UUID, Row]) -> None:
    """Inserts the people who are not there; what they do first in these rows is their `role`."""
    role_by_name: dict[str, str] = {}
    for row in rows.values():
        for job, name in row.title.parts:
            role_by_name.setdefault(name, job)
    # In the order of their keys, so that two writers cannot wait for each other.
    people = sorted((str(person_id(name)), name, role) for name, role in role_by_name.items())
    if not people:
        return
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(INSERT_PEOPLE, [list(column) for column in zip(*people, strict=True)])


def genres_insert(*, rows: Mapping[UUID, Row]) -> dict[str, int]:
    """Inserts the genres that are not there; id by name of every genre in `rows`."""
    names = sorted({name for row in rows.values() for name in row.title.genres})
    known = genre_ids(names)
    missing = [Genre(name=name) for name in names if name not in known]
    if not missing:
        return known
    Genre.objects.using(CATALOG).bulk_create(missing, ignore_conflicts=True)
    return genre_ids(names)


def genre_ids(names: Collection[str]) -> dict[str, int]:
    """Id by name, of those that exist."""
    return dict(
        Genre.objects.using(CATALOG).filter(name__in=names).order_by().values_list("name", "genre_id")
    )


def titles_insert(
    *, scheme: str, rows: Mapping[UUID, Row], genre_ids: Mapping[str, int], now: datetime
) -> None:
    """Inserts titles, published, with sources, seasons, genres and credits."""
    if not rows:
        return
    tables: tuple[tuple[str, tuple[str, ...], Values], ...] = (
        ("content_metadata", TITLE_COLUMNS, _titles(rows, now)),
        ("content_sources", SOURCE_COLUMNS, _sources(scheme, rows, now)),
        ("seasons", ("id", "content_id", "number"), _seasons(rows)),
        ("content_genres", ("content_id", "genre_id"), _genres(rows, genre_ids)),
        ("content_cast_crew", CREDIT_COLUMNS, _credits(rows)),
    )
    for table, columns, values in tables:
        copy_rows(CATALOG, table, columns, values)


def statistics_refresh() -> None:
    """Tells the planner how large the tables are now, for the plans that the rest of the import keeps.

    Foreign keys are checked by plans that a connection makes once. Made on tables that statistics call empty,
    they scan those tables for every credit: an import after a large delete took ten times as long.
    """
    with connections[CATALOG].cursor() as cursor:
        cursor.execute("ANALYZE content_metadata, content_sources, cast_crew, genres")


TITLE_COLUMNS = (
    "content_id",
    "title",
    "content_type",
    "summary",
    "release_date",
    "duration_minutes",
    "status",
    "published_at",
    "created_at",
    "updated_at",
)
SOURCE_COLUMNS = ("id", "content_id", "scheme", "value", "record", "digest", "imported_at")
CREDIT_COLUMNS = ("id", "content_id", "person_id", "job", "billing_order")


def _titles(rows: Mapping[UUID, Row], now: datetime) -> Values:
    for content_id, row in rows.items():
        title = row.title
        yield (
            content_id,
            title.title,
            title.content_type,
            title.summary,
            title.release_date,
            title.duration_minutes,
            Content.Status.PUBLISHED,
            title.published_at,
            now,
            now,
        )


def _sources(scheme: str, rows: Mapping[UUID, Row], now: datetime) -> Values:
    for content_id, row in rows.items():
        key = source_id(content_id, scheme, row.key)
        yield key, content_id, scheme, row.key, row.record_json, row.digest, now


def _seasons(rows: Mapping[UUID, Row]) -> Values:
    for content_id, row in rows.items():
        for number in range(1, row.title.seasons + 1):
            yield season_id(content_id, number), content_id, number


def _genres(rows: Mapping[UUID, Row], genre_ids: Mapping[str, int]) -> Values:
    for content_id, row in rows.items():
        for name in row.title.genres:
            yield content_id, genre_ids[name]


def _credits(rows: Mapping[UUID, Row]) -> Values:
    for content_id, row in rows.items():
        for order, part in enumerate(row.title.parts):
            yield credit_id(content_id, part), content_id, person_id(part.name), part.job, order
