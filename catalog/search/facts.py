"""What search documents are made of, read from a title's rows.

Entry points: `TitleFacts`, `facts_of`. Failure: `django.db.Error`s.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from catalog.models import AlternativeTitle, Content, Credit, Translation
from catalog.terms import TERMS
from streaming.stores.aliases import CATALOG

SAME_NAMED = (
    *("content_id", "title", "original_title", "sort_title", "tagline", "summary", "status", "published_at"),
    *("availability", "maturity", "content_type", "created_at", "duration_minutes", "rating"),
    *("rating_count", "recent_views", "countries"),
)
COLUMNS = (*SAME_NAMED, "release_date")


@dataclass(slots=True)
class TitleFacts:
    """Columns of the title, and names from its children in order of importance."""

    content_id: UUID
    title: str
    content_type: str
    created_at: datetime
    original_title: str = ""
    sort_title: str = ""
    tagline: str = ""
    summary: str = ""
    status: str = "draft"
    published_at: datetime | None = None
    availability: list[Any] | None = None
    maturity: list[str] = dataclasses.field(default_factory=list)
    release_year: int | None = None
    duration_minutes: int | None = None
    rating: Decimal | None = None
    rating_count: int = 0
    recent_views: int = 0
    countries: list[str] = dataclasses.field(default_factory=list)
    other_titles: list[str] = dataclasses.field(default_factory=list)
    other_texts: list[str] = dataclasses.field(default_factory=list)
    people: list[tuple[UUID, str]] = dataclasses.field(default_factory=list)
    genres: list[tuple[int, str]] = dataclasses.field(default_factory=list)
    keywords: list[tuple[int, str]] = dataclasses.field(default_factory=list)
    studio_ids: list[int] = dataclasses.field(default_factory=list)


def facts_of(content_ids: Collection[UUID]) -> list[TitleFacts]:
    """Of those titles that exist: seven queries, however many they are."""
    ids = list(content_ids)
    columns = Content.objects.using(CATALOG).filter(content_id__in=ids).order_by("content_id")
    links = {name: _links(name, ids) for name in TERMS}
    people = _people(ids)
    titles, texts = _texts(ids)
    return [
        TitleFacts(
            **{name: row[name] for name in SAME_NAMED},
            release_year=row["release_date"].year if row["release_date"] else None,
            other_titles=titles[row["content_id"]],
            other_texts=texts[row["content_id"]],
            people=people[row["content_id"]],
            genres=links["genres"][row["content_id"]],
            keywords=links["keywords"][row["content_id"]],
            studio_ids=[number for number, _ in links["studios"][row["content_id"]]],
        )
        for row in columns.values(*COLUMNS)
    ]


def _texts(ids: list[UUID]) -> tuple[Mapping[UUID, list[str]], Mapping[UUID, list[str]]]:
    """Titles in other languages and alternative ones; taglines and summaries in other languages."""
    titles: defaultdict[UUID, list[str]] = defaultdict(list)
    texts: defaultdict[UUID, list[str]] = defaultdict(list)
    translations = Translation.objects.using(CATALOG).filter(content_id__in=ids).order_by("language")
    for row in translations.values(
        "content_id", "title", "tagline", "summary_190", "summary_400", "summary_4000"
    ):
        titles[row["content_id"]].append(row["title"])
        summary = row["summary_4000"] or row["summary_400"] or row["summary_190"]
        texts[row["content_id"]] += [row["tagline"], summary]
    others = AlternativeTitle.objects.using(CATALOG).filter(content_id__in=ids).order_by("title", "id")
    for content_id, title in others.values_list("content_id", "title"):
        titles[content_id].append(title)
    return titles, texts


def _links(field_name: str, ids: list[UUID]) -> Mapping[UUID, list[tuple[int, str]]]:
    """Key and name of what these titles are linked to by a many-to-many field."""
    field: Any = Content._meta.get_field(field_name)
    through, target = field.remote_field.through, field.related_model._meta
    rows = through.objects.using(CATALOG).filter(content_id__in=ids)
    found: defaultdict[UUID, list[tuple[int, str]]] = defaultdict(list)
    named = f"{target.model_name}__name"
    for content_id, number, name in rows.order_by(named).values_list("content_id", target.pk.name, named):
        found[content_id].append((number, name))
    return found


def _people(ids: list[UUID]) -> Mapping[UUID, list[tuple[UUID, str]]]:
    """In billing order, by the name they have and by the one that was printed."""
    found: defaultdict[UUID, list[tuple[UUID, str]]] = defaultdict(list)
    credited = Credit.objects.using(CATALOG).filter(content_id__in=ids).order_by("billing_order", "id")
    for content_id, person_id, name, printed in credited.values_list(
        "content_id", "person_id", "person__name", "credited_as"
    ):
        found[content_id] += [(person_id, each) for each in (name, printed) if each]
    return found
