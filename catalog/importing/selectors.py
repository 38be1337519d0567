"""What the importers ask of the catalog. Titles of every status count."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connections
from django.db.models import Count

from catalog.importing.records import Record
from catalog.models import Content, ContentMerge, Genre, OfTitle, Person, Source
from streaming.stores.aliases import CATALOG
from streaming.stores.units import counted

# Each with one array: as ten thousand parameters keys would take longer to write than what they find to read.
EXISTING = "SELECT content_id FROM content_metadata WHERE content_id = ANY(%s::uuid[])"
MERGED = "SELECT content_id, into_id FROM content_merges WHERE content_id = ANY(%s::uuid[])"
CLAIMS = "SELECT scheme, value, content_id FROM external_id_claims WHERE value = ANY(%s::text[])"
# The key as text: reading a UUID takes longer than finding it.
PEOPLE = "SELECT person_id::text, name, merged_into_id FROM cast_crew WHERE person_id = ANY(%s::uuid[])"


class CatalogSize(NamedTuple):
    titles: int
    movies: int
    series: int
    documentaries: int
    genres: int
    people: int

    def __str__(self) -> str:
        kinds = f"{counted(self.movies, 'movie')}, {self.series:,} series"
        if self.documentaries:
            kinds += f", {counted(self.documentaries, 'documentary', 'documentaries')}"
        genres, people = counted(self.genres, "genre"), counted(self.people, "person", "people")
        return f"{counted(self.titles, 'title')} ({kinds}), {genres}, {people}"


class Imported(NamedTuple):
    """`kept_out` are the ids of children that the record says and the catalog had no place for."""

    record: Record
    digest: str
    kept_out: frozenset[UUID]


def existing_contents(ids: Collection[UUID]) -> set[UUID]:
    """Those of `ids` that are titles."""
    return {title for (title,) in _found(EXISTING, ids)}


def merged_contents(ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Of those of `ids` that were merged into another title, that one."""
    return dict(_found(MERGED, ids))


def rows_copied(model: type[OfTitle], into: Collection[UUID]) -> set[UUID]:
    """The ids of a table's rows that titles have got by merging others into them."""
    merges = ContentMerge.objects.using(CATALOG).filter(into_id__in=into).order_by()
    copied = merges.values_list("undo__rows", flat=True)
    return {UUID(key) for rows in copied if rows for key in rows.get(model._meta.label_lower, ())}


def claims_by_id(ids: Collection[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    """The titles that have these external ids, each a scheme and a value."""
    if not ids:
        return {}
    values = sorted({value for _, value in ids})  # what cuts the table on Citus
    rows = _found(CLAIMS, values)
    return {(scheme, value): title for scheme, value, title in rows if (scheme, value) in ids}


def digests_by_key(*, scheme: str, keys: Mapping[UUID, str]) -> dict[UUID, tuple[str, frozenset[UUID]]]:
    """The digest of the last import of each title from the source's `key`, and the ids of what it had no place for;
    titles without one are left out.
    """
    sources = Source.objects.using(CATALOG).filter(content_id__in=keys, scheme=scheme).order_by()
    rows = sources.values_list("content_id", "value", "digest", "kept_out")
    return {
        title: (digest, frozenset(kept_out or ()))
        for title, value, digest, kept_out in rows
        if keys[title] == value
    }


def records_by_key(*, scheme: str, keys: Mapping[UUID, str]) -> dict[UUID, Imported]:
    """The last import of each title from the source's `key`, for those that have one."""
    sources = Source.objects.using(CATALOG).filter(content_id__in=keys, scheme=scheme).order_by()
    rows = sources.values_list("content_id", "value", "record", "digest", "kept_out")
    return {
        title: Imported(record, digest, frozenset(kept_out or ()))
        for title, value, record, digest, kept_out in rows
        if keys[title] == value
    }


def dossiers_by_title(*, scheme: str, ids: Collection[UUID]) -> dict[UUID, Source]:
    """The record of a scheme that a title's deliveries go to, whatever its key; of several the one of the first key."""
    sources = Source.objects.using(CATALOG).filter(content_id__in=ids, scheme=scheme)
    found: dict[UUID, Source] = {}
    for source in sources.order_by("value"):
        found.setdefault(source.content_id, source)
    return found


def people_by_id(ids: Collection[UUID]) -> dict[UUID, tuple[str, UUID | None]]:
    """Name, and whom they were merged into, of those that exist."""
    if not ids:
        return {}
    asked = {str(key): key for key in ids}
    return {asked[key]: (name, into) for key, name, into in _found(PEOPLE, asked)}


def _found(statement: str, keys: Collection[object]) -> list[tuple[Any, ...]]:
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(statement, [list(map(str, keys))])
        return list(cursor.fetchall())


def catalog_size() -> CatalogSize:
    """Counts whole tables: for the end of a command, not for a request."""
    kinds = dict(
        Content.objects.using(CATALOG).order_by().values_list("content_type").annotate(n=Count("content_id"))
    )
    return CatalogSize(
        titles=sum(kinds.values()),
        movies=kinds.get(Content.Kind.MOVIE, 0),
        series=kinds.get(Content.Kind.SERIES, 0),
        documentaries=kinds.get(Content.Kind.DOCUMENTARY, 0),
        genres=Genre.objects.using(CATALOG).count(),
        people=Person.objects.using(CATALOG).count(),
    )
