"""Ids and names of titles, for lists of all kinds; what editors see that the public does not says so in its name."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from catalog.models import Content, Credit, Genre
from catalog.visibility import once_admitted


def content_ids_after(*, content_id: UUID | None, limit: int) -> list[UUID]:
    """Up to `limit` ids of public titles in id order, past `content_id`."""
    return list(Content.objects.public().after_id(content_id).values_list("content_id", flat=True)[:limit])


class Named(NamedTuple):
    """A title by its own name, and the language that is in; empty where it is not known."""

    title: str
    original_language: str


def public_names_by_id(ids: Collection[UUID]) -> dict[UUID, Named]:
    """Id to name, for those of `ids` that are public."""
    rows = Content.objects.public().filter(content_id__in=ids)
    return {
        content_id: Named(*name)
        for content_id, *name in rows.values_list("content_id", "title", "original_language")
    }


def once_public_titles_by_id(ids: Collection[UUID]) -> dict[UUID, str]:
    """Id to title, for those of `ids` that are or were public: what a viewer's own history may name."""
    seen = Content.objects.filter(once_admitted(timezone.now()))
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


def any_title_count() -> int:
    """Titles that there are, public or not."""
    return Content.objects.count()


def existing_ids(ids: Collection[UUID]) -> set[UUID]:
    """Those of `ids` that are titles, public or not."""
    return set(Content.objects.filter(content_id__in=ids).values_list("content_id", flat=True))


def genre_names() -> list[str]:
    return list(Genre.objects.order_by("name").values_list("name", flat=True))
