"""All rows of a title in one statement: its own columns, and each child table as one JSON value.

Every subquery names the title by its id, not by a reference to the outer row: so on Citus the statement is one task on
one shard, and while the catalog is being distributed, each subquery over a table that still lies elsewhere is run by
itself. (Citus plans no correlated subquery then.)

Entry point: `row_of_title`, for what `METADATA_FIELDS`, `GATE_FIELDS` and `CHILDREN` name. Failure:
`django.db.Error`s.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.postgres.aggregates import JSONBAgg
from django.db import models
from django.db.models import Count, F, Func, JSONField, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from catalog.models import (
    AlternativeTitle,
    Artwork,
    AvailabilityWindow,
    Content,
    Credit,
    Episode,
    ExternalId,
    Marker,
    MaturityRating,
    Season,
    Translation,
    Video,
)
from catalog.visibility import GATE_FIELDS, Audience

METADATA_FIELDS = (
    *("content_id", "title", "original_title", "release_date", "duration_minutes", "content_type", "summary"),
    *("thumbnail_url", "trailer_url", "rating", "created_at", "updated_at", "published_at", "season_count"),
    *("sort_title", "tagline", "original_language", "countries", "rating_count", "episode_count"),
)


class Child(NamedTuple):
    """A table of rows that hang on a title. Of each column, which may be another table's, the last part is its name."""

    model: type[models.Model]
    columns: tuple[str, ...]
    order: tuple[str, ...]


CHILDREN = {
    "genres": Child(Content.genres.through, ("genre_id", "genre__name"), ("genre__name",)),
    "keywords": Child(Content.keywords.through, ("keyword_id", "keyword__name"), ("keyword__name",)),
    "studios": Child(Content.studios.through, ("studio_id", "studio__name"), ("studio__name",)),
    "credits": Child(
        Credit,
        (
            *("person_id", "person__name", "person__role", "job", "department", "character_name"),
            *("credited_as", "billing_order"),
        ),
        ("billing_order", "id"),
    ),
    "translations": Child(
        Translation,
        ("language", "title", "sort_title", "tagline", "summary_190", "summary_400", "summary_4000"),
        ("language",),
    ),
    "alternative_titles": Child(
        AlternativeTitle, ("title", "country", "language", "kind"), ("title", "country", "id")
    ),
    "artwork": Child(
        Artwork,
        ("kind", "language", "url", "width", "height", "focal_x", "focal_y", "is_primary"),
        ("kind", "language", "id"),
    ),
    "videos": Child(Video, ("kind", "title", "url", "language", "duration_seconds"), ("position", "id")),
    "markers": Child(Marker, ("kind", "start_seconds", "end_seconds"), ("start_seconds", "id")),
    "external_ids": Child(ExternalId, ("scheme", "value"), ("scheme", "value")),
    "maturity_ratings": Child(
        MaturityRating, ("system", "country", "value", "descriptors"), ("system", "country", "id")
    ),
    "windows": Child(AvailabilityWindow, ("territory", "licence", "ends_at"), ("territory", "licence", "id")),
}


def row_of_title(content_id: UUID, audience: Audience) -> dict[str, Any] | None:
    """By one query; None where this audience sees no such title. Of windows, those that are open to it."""
    only = {"markers": Q(episode=None), "windows": _open_at(audience)}
    rows = {name: _rows(child, content_id, only.get(name, Q())) for name, child in CHILDREN.items()}
    counts = {"season_count": _count(Season, content_id), "episode_count": _count(Episode, content_id)}
    found = Content.objects.public(audience).filter(content_id=content_id)
    # Under a name of its own: an annotation may not be called as a relation of the model is.
    annotated = found.annotate(**counts, **{f"rows_of_{name}": query for name, query in rows.items()})
    columns = dict.fromkeys((*METADATA_FIELDS, *GATE_FIELDS))
    row = annotated.values(*columns, *(f"rows_of_{name}" for name in rows)).first()
    return row and {
        **{column: row[column] for column in columns},
        **{name: _named(child, row[f"rows_of_{name}"]) for name, child in CHILDREN.items()},
    }


def _of_title(model: type[models.Model], content_id: UUID) -> QuerySet[Any]:
    return model._default_manager.filter(content=content_id).order_by().values("content")


def _rows(child: Child, content_id: UUID, only: Q) -> Subquery:
    row = Func(*map(F, child.columns), function="jsonb_build_array", output_field=JSONField())
    rows = _of_title(child.model, content_id).filter(only)
    return Subquery(rows.annotate(rows=JSONBAgg(row, order_by=child.order)).values("rows"))


def _count(model: type[models.Model], content_id: UUID) -> Coalesce:
    return Coalesce(Subquery(_of_title(model, content_id).annotate(n=Count("*")).values("n")), 0)


def _open_at(audience: Audience) -> Q:
    begun = Q(starts_at=None) | Q(starts_at__lte=audience.at)
    return begun & (Q(ends_at=None) | Q(ends_at__gt=audience.at))


def _named(child: Child, rows: Sequence[Sequence[Any]] | None) -> list[dict[str, Any]]:
    names = [column.rsplit("__", 1)[-1] for column in child.columns]
    return [dict(zip(names, row, strict=True)) for row in rows or ()]
