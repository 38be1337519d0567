"""Search documents: what they say of a title, and how they are written.

`document_of` is the one place that says what of a title is searched, and under which weight; services, importers,
rebuilding and checking all make documents by it.

Entry points: `document_of`, `documents_write`, `documents_mark`, `documents_insert`, `documents_copy`, `words_of`.
Failure: `django.db.Error`s.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from math import log1p
from typing import Any
from uuid import UUID

import orjson
from django.db import connections

from catalog.models import SearchDocument
from catalog.search.facts import TitleFacts, facts_of
from catalog.search.folding import LONGEST_WORD, fold, key_of, with_compounds
from catalog.search.showing import shown_of
from catalog.search.words import words_add, words_in
from streaming.stores.aliases import CATALOG
from streaming.stores.copying import array_text, copy_rows

AT_ONCE = 500
COLUMNS = (
    *("status", "published_at", "availability", "maturity", "content_type", "year", "runtime", "rating"),
    *("popularity", "sort_title", "created_at", "countries", "genre_ids", "keyword_ids", "studio_ids"),
    *("person_ids", "keys", "names", "people", "labels", "summaries", "shown"),
)
# One value, however many documents; the web server's deadline guard excludes COPY.
PUT = f"""
INSERT INTO search_documents (content_id, {", ".join(COLUMNS)})
SELECT content_id, {", ".join(COLUMNS)} FROM json_populate_recordset(NULL::search_documents, %s)
    ON CONFLICT (content_id) DO UPDATE SET {", ".join(f"{column} = excluded.{column}" for column in COLUMNS)}
"""  # noqa: S608  # names of ours
Document = dict[str, Any]  # by column
# A text vector holds 1 MB. These are characters, of four bytes at most, and a place of two bytes for each word.
MOST_OF_NAMES, MOST_OF_PEOPLE, MOST_OF_LABELS, MOST_OF_SUMMARIES = 40_000, 40_000, 10_000, 20_000


def document_of(facts: TitleFacts) -> Document:
    """The document of a title: `content_id` and `COLUMNS`."""
    titles = [text for text in (facts.title, facts.original_title, *facts.other_titles) if text]
    texts = (facts.tagline, facts.summary, *facts.other_texts)
    return {
        "content_id": facts.content_id,
        "status": facts.status,
        "published_at": facts.published_at,
        "availability": facts.availability,
        "maturity": facts.maturity,
        "content_type": facts.content_type,
        "year": facts.release_year,
        "runtime": facts.duration_minutes,
        "rating": facts.rating,
        "popularity": popularity_of(rating_count=facts.rating_count, recent_views=facts.recent_views),
        "sort_title": fold(facts.sort_title or facts.title)[:500],
        "created_at": facts.created_at,
        "countries": facts.countries,
        "genre_ids": sorted({number for number, _ in facts.genres}),
        "keyword_ids": sorted({number for number, _ in facts.keywords}),
        "studio_ids": sorted(facts.studio_ids),
        "person_ids": sorted({person for person, _ in facts.people}, key=str),
        "keys": sorted(filter(None, set(map(key_of, titles)))),
        "names": _joined(map(with_compounds, titles), MOST_OF_NAMES),
        "people": _joined((fold(name) for _, name in facts.people), MOST_OF_PEOPLE),
        "labels": _joined((fold(name) for _, name in (*facts.genres, *facts.keywords)), MOST_OF_LABELS),
        "summaries": _within(fold(" ".join(filter(None, texts))[:MOST_OF_SUMMARIES]), MOST_OF_SUMMARIES),
        "shown": shown_of(facts),
    }


def popularity_of(*, rating_count: int, recent_views: int) -> float:
    """The tie-break of search: votes and views on a logarithmic scale, so that neither drowns the other."""
    return round(log1p(rating_count) + log1p(recent_views), 4)


def _joined(folded: Iterable[str], most: int) -> str:
    """Each once, in the order given."""
    return _within(" ".join(dict.fromkeys(filter(None, folded))), most)


def _within(folded: str, most: int) -> str:
    """As many whole words as `most` characters hold, those cut that no vector takes."""
    if len(folded) > most:
        folded = folded[:most].rsplit(" ", 1)[0]
    if len(folded) <= LONGEST_WORD:
        return folded
    return " ".join(word[:LONGEST_WORD] for word in folded.split(" "))


def documents_write(*, content_ids: Collection[UUID]) -> int:
    """Writes the documents of these titles as their rows are in the transaction under way; how many there are.

    To be called once the transaction holds the titles' own rows, so that who else writes one waits.
    """
    ids = sorted(content_ids)
    words: set[str] = set()
    written = 0
    for start in range(0, len(ids), AT_ONCE):
        documents = _made(ids[start : start + AT_ONCE])
        _put(documents)
        words |= words_of(documents)
        written += len(documents)
    words_add(words)
    return written


def documents_mark(*, content_ids: Collection[UUID]) -> None:
    """Has the worker write the documents of these titles anew (`catalog.search.rebuilding.stale_rewrite`)."""
    documents = SearchDocument.objects.using(CATALOG).filter(
        content_id__in=sorted(content_ids), is_stale=False
    )
    documents.order_by().update(is_stale=True)


def words_of(documents: Iterable[Document]) -> set[str]:
    """The words that these documents offer for correction."""
    return words_in(document[text] for document in documents for text in ("names", "people"))


def _made(ids: Sequence[UUID]) -> list[Document]:
    """New documents of these titles, no longer stale.

    Of a title that is gone as well, so that nobody comes back to it. Who renames something shared holds all titles
    (`catalog.locking`): the mark was set before the rows are read here, or is set after this transaction.
    """
    stale = SearchDocument.objects.using(CATALOG).filter(content_id__in=ids, is_stale=True)
    stale.order_by().update(is_stale=False)
    return [document_of(facts) for facts in facts_of(ids)]


def _put(documents: Sequence[Document]) -> None:
    """Adds these, or puts them in place of what is there."""
    if not documents:
        return
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(PUT, [orjson.dumps(documents, default=str).decode()])


def documents_insert(documents: Iterable[Document]) -> None:
    """Copies the documents of titles that have none yet, and adds the words that are new."""
    words_add(documents_copy(documents))


def documents_copy(documents: Iterable[Document]) -> set[str]:
    """Copies the documents of titles that have none yet; their words, which are still to be added."""
    words: set[str] = set()

    def lines() -> Iterator[list[object]]:
        for document in documents:
            words.update(words_of([document]))
            yield [_copied(column, document[column]) for column in ("content_id", *COLUMNS)]

    copy_rows(CATALOG, "search_documents", ("content_id", *COLUMNS), lines())
    return words


def _copied(column: str, value: Any) -> object:
    if column in ("availability", "shown"):
        return None if value is None else orjson.dumps(value).decode()
    return array_text(value) if isinstance(value, list) else value
