"""The one record of a title: metadata, genres, cast; cached as `content:metadata:<id>`, forgotten by the services.

It is cached for whoever may see it at all, with the values of its `Gate`: each request is judged by them at its own
time, and no record outlives the next moment at which time alone changes who may see it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from django.db.models import Count, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog.models import Content, Credit, Genre, Season
from catalog.visibility import GATE_FIELDS, Audience, is_public, next_change
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


class CachedRecord(ContentRecord):
    """With what only the rule of visibility reads: the title's `Gate`, and until when time changes nothing about it."""

    gate: dict[str, Any]
    until: Any


def content_record(*, content_id: UUID, audience: Audience | None = None) -> ContentRecord | None:
    """A title's record, from the cache or three queries; None when this audience may see no such title.

    The audience is by default anybody, anywhere, now.
    """
    audience = audience or Audience.now()
    cached: CachedRecord | None = read_through(
        record_key(content_id), lambda: _record_from_rows(content_id), seconds=_seconds_left
    )
    if cached is None or not is_public(cached["gate"], audience):
        return None
    return ContentRecord(metadata=cached["metadata"], genres=cached["genres"], cast=cached["cast"])


def _seconds_left(cached: CachedRecord) -> float | None:
    until = cached["until"]
    return None if until is None else (datetime.fromisoformat(until) - timezone.now()).total_seconds()


def _record_from_rows(content_id: UUID) -> CachedRecord | None:
    now = Audience.now()
    metadata = (
        Content.objects.public(now)
        .filter(content_id=content_id)
        .annotate(season_count=_season_count(content_id))
        .values(*METADATA_FIELDS, *(set(GATE_FIELDS) - set(METADATA_FIELDS)))
        .first()
    )
    if metadata is None:
        return None
    rating = metadata["rating"]
    gate = {name: metadata[name] for name in GATE_FIELDS}
    return CachedRecord(
        gate=gate,
        until=next_change(gate, after=now.at),
        metadata={
            **{name: metadata[name] for name in METADATA_FIELDS},
            "rating": None if rating is None else float(rating),
        },
        genres=[{**genre} for genre in Genre.objects.filter(contents=content_id).values("genre_id", "name")],
        cast=list(_credits(content_id)),
    )


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
