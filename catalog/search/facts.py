"""What search documents are made of, read from a title's rows.

Entry points: `TitleFacts`, `facts_of`; `names_in_order` for who makes `TitleFacts` of anything else. Failure:
`django.db.Error`s.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from catalog.models import AlternativeTitle, Content, Credit, Translation
from catalog.selectors.posters import Poster, posters_of
from catalog.terms import TERMS
from streaming.stores.aliases import CATALOG

SAME_NAMED = (
    *("content_id", "title", "original_title", "sort_title", "tagline", "summary", "status", "published_at"),
    *("availability", "maturity", "content_type", "created_at", "duration_minutes", "rating"),
    *("rating_count", "recent_views", "countries", "thumbnail_url", "original_language"),
)
COLUMNS = (*SAME_NAMED, "release_date")
Named = tuple[int, str]  # key and name of a genre, a keyword or a studio
name_of = itemgetter(1)


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
    thumbnail_url: str = ""
    original_language: str = ""
    posters: list[Poster] = dataclasses.field(default_factory=list)
    titles_by_language: dict[str, str] = dataclasses.field(default_factory=dict)
    other_titles: list[str] = dataclasses.field(default_factory=list)
    other_texts: list[str] = dataclasses.field(default_factory=list)
    people: list[tuple[UUID, str]] = dataclasses.field(default_factory=list)
    genres: list[Named] = dataclasses.field(default_factory=list)
    keywords: list[Named] = dataclasses.field(default_factory=list)
    studio_ids: list[int] = dataclasses.field(default_factory=list)


class Texts(NamedTuple):
    """What a title is called, and what is said of it, in one other language."""

    language: str
    title: str
    tagline: str
    summary_190: str
    summary_400: str
    summary_4000: str

    @property
    def summary(self) -> str:
        """The longest that there is."""
        return self.summary_4000 or self.summary_400 or self.summary_190


def names_in_order(
    *,
    translations: Iterable[Texts],
    alternative_titles: Iterable[str],
    genres: Iterable[Named],
    keywords: Iterable[Named],
    studios: Iterable[Named],
) -> dict[str, Any]:
    """What a title's children are called, in the order that its document has it: those fields of `TitleFacts`.

    By code points, wherever the names come from: each database has a collation of its own, and by it the document of
    the same rows would be another one elsewhere.
    """
    texts = sorted(translations)
    return {
        "titles_by_language": {said.language: said.title for said in texts if said.title},
        "other_titles": [said.title for said in texts] + sorted(alternative_titles),
        "other_texts": [text for said in texts for text in (said.tagline, said.summary)],
        "genres": sorted(genres, key=name_of),
        "keywords": sorted(keywords, key=name_of),
        "studio_ids": [number for number, _ in studios],
    }


def facts_of(content_ids: Collection[UUID]) -> list[TitleFacts]:
    """Of those titles that exist: eight queries, however many they are."""
    ids = list(content_ids)
    columns = Content.objects.using(CATALOG).filter(content_id__in=ids).order_by("content_id")
    links = {name: _links(name, ids) for name in TERMS}
    people, texts, others = _people(ids), _texts(ids), _alternative_titles(ids)
    posters = posters_of(ids)
    return [
        TitleFacts(
            **{name: row[name] for name in SAME_NAMED},
            release_year=row["release_date"].year if row["release_date"] else None,
            people=people[row["content_id"]],
            posters=posters[row["content_id"]],
            **names_in_order(
                translations=texts[row["content_id"]],
                alternative_titles=others[row["content_id"]],
                **{name: found[row["content_id"]] for name, found in links.items()},
            ),
        )
        for row in columns.values(*COLUMNS)
    ]


def _texts(ids: list[UUID]) -> Mapping[UUID, list[Texts]]:
    found: defaultdict[UUID, list[Texts]] = defaultdict(list)
    translations = Translation.objects.using(CATALOG).filter(content_id__in=ids).order_by()
    for content_id, *texts in translations.values_list("content_id", *Texts._fields):
        found[content_id].append(Texts(*texts))
    return found


def _alternative_titles(ids: list[UUID]) -> Mapping[UUID, list[str]]:
    found: defaultdict[UUID, list[str]] = defaultdict(list)
    others = AlternativeTitle.objects.using(CATALOG).filter(content_id__in=ids).order_by()
    for content_id, title in others.values_list("content_id", "title"):
        found[content_id].append(title)
    return found


def _links(field_name: str, ids: list[UUID]) -> Mapping[UUID, list[Named]]:
    """Key and name of what these titles are linked to by a many-to-many field."""
    field: Any = Content._meta.get_field(field_name)
    through, target = field.remote_field.through, field.related_model._meta
    rows = through.objects.using(CATALOG).filter(content_id__in=ids).order_by()
    found: defaultdict[UUID, list[Named]] = defaultdict(list)
    for content_id, number, name in rows.values_list(
        "content_id", target.pk.name, f"{target.model_name}__name"
    ):
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
