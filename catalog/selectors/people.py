"""A person with their filmography. A person is reachable only through a title that the audience may see.

Entry points: `person_record`, `place_in_filmography`. Failure: `django.db.Error`s.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F, Q, QuerySet

from catalog.languages import Chain
from catalog.models import Content, Credit, Person
from catalog.selectors.cards import title_cards
from catalog.visibility import Audience

PERSON_FIELDS = ("person_id", "name", "role", "biography", "date_of_birth", "date_of_death")


class Place(NamedTuple):
    """Of a title in a filmography: the newest release first, those without a date last."""

    release_date: date | None
    content_id: UUID


def place_in_filmography(entry: dict[str, Any]) -> Place:
    return Place(entry["release_date"], entry["content_id"])


def person_record(
    *, person_id: UUID, audience: Audience, after: Place | None, limit: int, chain: Chain = ()
) -> dict[str, Any] | None:
    """A person, with up to `limit` entries of their `filmography` past `after`; None when there is no such person.

    There is none, too, where the audience sees no title of theirs. An entry is a title's card with all `credits` that
    the person has on it. Six queries, one more with languages.
    """
    person = Person.objects.filter(person_id=person_id).values(*PERSON_FIELDS).first()
    if person is None:
        return None
    titles = _titles(person_id, audience)
    ids = list(_past(titles, after).values_list("content_id", flat=True)[:limit])
    if not ids and (after is None or not titles.exists()):
        return None
    cards = title_cards(content_ids=ids, audience=audience, chain=chain)
    credits_of = _credits(person_id, ids, known_for=person["role"])
    return {**person, "filmography": [{**card, "credits": credits_of[card["content_id"]]} for card in cards]}


def _titles(person_id: UUID, audience: Audience) -> QuerySet[Content]:
    """On Citus each shard finds its own: a title's credits lie with it, and have an index by person."""
    credited = Credit.objects.filter(person=person_id).order_by().values("content_id")
    return Content.objects.public(audience).filter(content_id__in=credited)


def _past(titles: QuerySet[Content], after: Place | None) -> QuerySet[Content]:
    ordered = titles.order_by(F("release_date").desc(nulls_last=True), "content_id")
    if after is None:
        return ordered
    later = Q(content_id__gt=after.content_id)
    if after.release_date is None:
        return ordered.filter(later, release_date=None)
    return ordered.filter(
        Q(release_date__lt=after.release_date)
        | Q(release_date=after.release_date) & later
        | Q(release_date=None)
    )


def _credits(person_id: UUID, ids: Collection[UUID], *, known_for: str) -> dict[UUID, list[dict[str, Any]]]:
    found: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
    rows = Credit.objects.filter(content_id__in=ids, person=person_id).order_by("billing_order", "id")
    for content_id, job, *others in rows.values_list(
        "content_id", "job", "department", "character_name", "credited_as"
    ):
        names = ("department", "character_name", "credited_as")
        found[content_id].append({"role": job or known_for, **dict(zip(names, others, strict=True))})
    return found
