"""Reads of the catalog, for the API and for the apps above. Only public titles come out, unless a name says so.

`content_record` is the one record of a title: metadata, genres, cast; it is cached as
`content:metadata:<id>` and forgotten by the services.
"""

from collections.abc import Collection, Iterable
from typing import Any, TypedDict
from uuid import UUID

from django.db.models import Count, F, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog.models import Content, Credit, Genre, Season
from streaming.stores.cache import read_through

METADATA_FIELDS = (
    "content_id",
    "title",
    "original_title",
    "release_date",
    "duration_minutes",
    "content_type",
    "summary",
    "thumbnail_url",
    "trailer_url",
    "rating",
    "created_at",
    "updated_at",
    "published_at",
    "season_count",
)


class ContentRecord(TypedDict):
    """What the public sees of a title, as JSON: ids and timestamps are strings, `rating` a number or null."""

    metadata: dict[str, Any]
    genres: list[dict[str, Any]]
    cast: list[dict[str, Any]]


def record_key(content_id: UUID) -> str:
    """The published cache key of a title's record."""
    return f"content:metadata:{content_id}"


def content_record(*, content_id: UUID) -> ContentRecord | None:
    """A public title's record, from the cache or three queries; None when there is no such public title."""
    record: ContentRecord | None = read_through(record_key(content_id), lambda: _record_from_rows(content_id))
    return record


def content_ids_after(*, content_id: UUID | None, limit: int) -> list[UUID]:
    """Up to `limit` ids of public titles in id order, past `content_id`."""
    return list(Content.objects.public().after_id(content_id).values_list("content_id", flat=True)[:limit])


def public_titles_by_id(ids: Collection[UUID]) -> dict[UUID, str]:
    """Id to title, for those of `ids` that are public."""
    return dict(Content.objects.public().filter(content_id__in=ids).values_list("content_id", "title"))


def once_public_titles_by_id(ids: Collection[UUID]) -> dict[UUID, str]:
    """Id to title, for those of `ids` that are or were public: what a viewer's own history may name."""
    seen = Content.objects.filter(published_at__lte=timezone.now()).exclude(status=Content.Status.DRAFT)
    return dict(seen.filter(content_id__in=ids).values_list("content_id", "title"))


def any_titles_by_id(ids: Collection[UUID]) -> dict[UUID, str]:
    """Id to title, public or not: for editors."""
    return dict(Content.objects.filter(content_id__in=ids).values_list("content_id", "title"))


def any_ids_titled(title: str) -> list[UUID]:
    """Ids of titles of exactly this name in any case, public or not: for editors."""
    return list(Content.objects.filter(title__iexact=title).values_list("content_id", flat=True))


def credits_of_people(*, person_ids: Collection[UUID], limit: int) -> list[Credit]:
    """Up to `limit` credits of these people, newest titles first, each with its title, public or not: for editors."""
    credited = Credit.objects.filter(person__in=person_ids).select_related("content")
    return list(
        credited.order_by(F("content__release_date").desc(nulls_last=True), "content_id", "id")[:limit]
    )


def existing_ids(ids: Collection[UUID]) -> set[UUID]:
    """Those of `ids` that are titles, public or not."""
    return set(Content.objects.filter(content_id__in=ids).values_list("content_id", flat=True))


def _record_from_rows(content_id: UUID) -> ContentRecord | None:
    metadata = (
        Content.objects.public()
        .filter(content_id=content_id)
        .annotate(season_count=_season_count(content_id))
        .values(*METADATA_FIELDS)
        .first()
    )
    if metadata is None:
        return None
    rating = metadata["rating"]
    return ContentRecord(
        metadata={**metadata, "rating": None if rating is None else float(rating)},
        genres=[{**genre} for genre in Genre.objects.filter(contents=content_id).values("genre_id", "name")],
        cast=list(_credits(content_id)),
    )


def genre_names() -> list[str]:
    return list(Genre.objects.order_by("name").values_list("name", flat=True))


def _season_count(content_id: UUID) -> Coalesce:
    # Not by OuterRef: Citus plans no correlated subquery while one of the two tables is still to be distributed.
    seasons = Season.objects.filter(content=content_id).order_by()
    return Coalesce(Subquery(seasons.values("content").annotate(n=Count("*")).values("n")), 0)


def _credits(content_id: UUID) -> Iterable[dict[str, Any]]:
    rows = (
        Credit.objects.filter(content=content_id)
        .order_by("billing_order", "id")
        .values_list("person_id", "person__name", "person__role", "job", "character_name", "billing_order")
    )
    for person_id, name, role, job, character_name, billing_order in rows:
        yield {
            "person_id": person_id,
            "person_name": name,
            "role": job or role,
            "character_name": character_name,
            "billing_order": billing_order,
        }
