"""What the importers ask of the catalog. Titles of every status count."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, FilteredRelation, Q

from catalog.importing.records import Record
from catalog.models import Content, Genre, Person, Source
from streaming.stores.aliases import CATALOG


class CatalogSize(NamedTuple):
    titles: int
    movies: int
    series: int
    documentaries: int
    genres: int
    people: int

    def __str__(self) -> str:
        kinds = f"{self.movies:,} movies, {self.series:,} series"
        if self.documentaries:
            kinds += f", {self.documentaries:,} documentaries"
        return f"{self.titles:,} titles ({kinds}), {self.genres:,} genres, {self.people:,} people"


def digests_by_id(*, scheme: str, ids: Collection[UUID]) -> dict[UUID, str | None]:
    """The digest of the last import, for those of `ids` that exist; None for a title without a source."""
    imported = FilteredRelation("sources", condition=Q(sources__scheme=scheme))
    titles = Content.objects.using(CATALOG).annotate(imported=imported).filter(content_id__in=ids)
    return dict(titles.order_by().values_list("content_id", "imported__digest"))


def records_by_id(*, scheme: str, ids: Collection[UUID]) -> dict[UUID, Record]:
    """The record of the last import, for those of `ids` that have one."""
    sources = Source.objects.using(CATALOG).filter(content_id__in=ids, scheme=scheme)
    return dict(sources.values_list("content_id", "record"))


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
