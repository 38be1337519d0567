"""Titles and people that were merged: where their addresses lead. Asked only after nothing was found under an id.

Entry points: `survivors_by_id`; `public_survivor` and `public_person_survivor`, for addresses. Failure:
`django.db.Error`s.
"""

from collections.abc import Collection
from uuid import UUID

from catalog.models import Content, ContentMerge, Credit, Person
from catalog.visibility import Audience


def survivors_by_id(content_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """For those of these titles that were merged, the title that each is part of now, public or not."""
    merges = ContentMerge.objects.filter(content_id__in=list(content_ids))
    return dict(merges.values_list("content_id", "into_id"))


def public_survivor(content_id: UUID, audience: Audience | None = None) -> UUID | None:
    """The title that a merged one is part of now; None for one that is not merged, or whose survivor is hidden."""
    into_id = survivors_by_id([content_id]).get(content_id)
    public = into_id is not None and Content.objects.public(audience).filter(content_id=into_id).exists()
    return into_id if public else None


def public_person_survivor(person_id: UUID, audience: Audience | None = None) -> UUID | None:
    """As `public_survivor`, of people: one is public through a public title."""
    into_id = Person.objects.filter(person_id=person_id).values_list("merged_into", flat=True).first()
    if into_id is None:
        return None
    credited = Credit.objects.filter(person=into_id).order_by().values("content_id")
    public = Content.objects.public(audience).filter(content_id__in=credited).exists()
    return into_id if public else None
