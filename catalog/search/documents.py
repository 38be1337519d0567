"""Search documents: what they are made of, and how they are written.

`document_of` is the one place that says what of a title is searched, and under which weight; services, importers,
rebuilding and checking all make documents by it. Entry points: `TitleFacts`, `document_of`, `facts_of`,
`documents_write`, `documents_insert`. Failure: `django.db.Error`s.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import log1p
from typing import Any
from uuid import UUID

import orjson

from catalog.models import AlternativeTitle, Content, Credit, SearchDocument, Translation
from catalog.search.folding import fold, key_of
from catalog.search.words import words_add
from streaming.stores.aliases import CATALOG
from streaming.stores.copying import array_text, copy_rows

AT_ONCE = 500
WRITTEN = (
    *("status", "published_at", "availability", "maturity", "content_type", "year", "runtime", "rating"),
    *("popularity", "sort_title", "created_at", "countries", "genre_ids", "keyword_ids", "studio_ids"),
    *("person_ids", "keys", "names", "people", "labels", "summaries", "is_stale"),
)
MOST_NAMES = (
    400  # people of a title that are searched: a title of thousands must not make a document of megabytes
)
LONGEST_SUMMARIES = 20_000  # characters


@dataclass
class TitleFacts:
    """What a document is made of: columns of the title, and names from its children in order of importance."""

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


def document_of(facts: TitleFacts) -> SearchDocument:
    """The document of a title, not saved."""
    titles = [text for text in (facts.title, facts.original_title, *facts.other_titles) if text]
    people = list(dict.fromkeys(facts.people))[:MOST_NAMES]
    names = [name for _, name in people]
    texts = " ".join(filter(None, (facts.tagline, facts.summary, *facts.other_texts)))
    labels = [name for _, name in (*facts.genres, *facts.keywords)]
    return SearchDocument(
        content_id=facts.content_id,
        status=facts.status,
        published_at=facts.published_at,
        availability=facts.availability,
        maturity=facts.maturity,
        content_type=facts.content_type,
        year=facts.release_year,
        runtime=facts.duration_minutes,
        rating=facts.rating,
        popularity=popularity_of(rating_count=facts.rating_count, recent_views=facts.recent_views),
        sort_title=fold(facts.sort_title or facts.title)[:500],
        created_at=facts.created_at,
        countries=facts.countries,
        genre_ids=sorted({number for number, _ in facts.genres}),
        keyword_ids=sorted({number for number, _ in facts.keywords}),
        studio_ids=sorted(facts.studio_ids),
        person_ids=sorted({person for person, _ in people}),
        keys=sorted(set(map(key_of, titles))),
        names=_joined(titles),
        people=_joined(names),
        labels=_joined(labels),
        summaries=fold(texts[:LONGEST_SUMMARIES]),
        is_stale=False,
    )


def popularity_of(*, rating_count: int, recent_views: int) -> float:
    """The tie-break of search: votes and views on a logarithmic scale, so that neither drowns the other."""
    return round(log1p(rating_count) + log1p(recent_views), 4)


def _joined(texts: Iterable[str]) -> str:
    """Folded, each once, in the order given."""
    return " ".join(dict.fromkeys(filter(None, map(fold, texts))))


def documents_write(*, content_ids: Collection[UUID]) -> int:
    """Writes the documents of these titles as their rows are in the transaction under way; how many there are."""
    ids = sorted(content_ids)
    written = 0
    for start in range(0, len(ids), AT_ONCE):
        documents = [document_of(facts) for facts in facts_of(ids[start : start + AT_ONCE])]
        documents_upsert(documents)
        written += len(documents)
    return written


def documents_upsert(documents: Collection[SearchDocument]) -> None:
    """Puts these in place of what is there, and adds the words that are new."""
    SearchDocument.objects.using(CATALOG).bulk_create(
        documents, batch_size=AT_ONCE, update_conflicts=True, unique_fields=["content"], update_fields=WRITTEN
    )
    words_add(texts=[text for document in documents for text in (document.names, document.people)])


def documents_insert(documents: Iterable[SearchDocument]) -> None:
    """Copies the documents of titles that have none yet, and adds the words that are new."""
    texts: list[str] = []

    def lines() -> Iterator[list[object]]:
        for document in documents:
            texts.extend((document.names, document.people))
            yield [_copied(column, getattr(document, column)) for column in ("content_id", *WRITTEN)]

    copy_rows(CATALOG, "search_documents", ("content_id", *WRITTEN), lines())
    words_add(texts=texts)


def _copied(column: str, value: Any) -> object:
    if column == "availability":
        return None if value is None else orjson.dumps(value).decode()
    return array_text(value) if isinstance(value, list) else value


def facts_of(content_ids: Collection[UUID]) -> list[TitleFacts]:
    """Of those titles that exist: seven queries, however many they are."""
    ids = list(content_ids)
    columns = (
        Content.objects.using(CATALOG).filter(content_id__in=ids).order_by("content_id").values(*COLUMNS)
    )
    links = {name: _links(name, ids) for name in ("genres", "keywords", "studios")}
    people = _people(ids)
    titles: defaultdict[UUID, list[str]] = defaultdict(list)
    texts: defaultdict[UUID, list[str]] = defaultdict(list)
    for title in AlternativeTitle.objects.using(CATALOG).filter(content_id__in=ids).order_by("title", "id"):
        titles[title.content_id].append(title.title)
    for row in Translation.objects.using(CATALOG).filter(content_id__in=ids).order_by("language"):
        titles[row.content_id].append(row.title)
        texts[row.content_id] += [row.tagline, row.summary_4000 or row.summary_400 or row.summary_190]
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
        for row in columns
    ]


SAME_NAMED = (
    *("content_id", "title", "original_title", "sort_title", "tagline", "summary", "status", "published_at"),
    *("availability", "maturity", "content_type", "created_at", "duration_minutes", "rating"),
    *("rating_count", "recent_views", "countries"),
)
COLUMNS = (*SAME_NAMED, "release_date")


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
