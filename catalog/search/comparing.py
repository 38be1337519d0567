"""Whether documents say what their titles' rows say.

Entry points: `batches`, `compared`. Failure: `django.db.Error`s.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from catalog.models import Content, SearchDocument
from catalog.search.documents import AT_ONCE, COLUMNS, document_of, words_of
from catalog.search.facts import facts_of
from catalog.search.words import words_missing
from streaming.stores.aliases import CATALOG

MISSING, ORPHANED = "no document", "a document without a title"


class Difference(NamedTuple):
    """A title whose document is not as its rows are. `what` names the columns, or is `MISSING` or `ORPHANED`."""

    content_id: UUID
    title: str
    what: tuple[str, ...]


@dataclass(frozen=True)
class Batch:
    """Titles, and which documents are to be looked at with them."""

    ids: list[UUID]
    documents: Q


@dataclass(frozen=True)
class Compared:
    """`stale` documents wait for the worker, and may differ; `words` of the others are not in the words' table."""

    differences: list[Difference]
    stale: list[UUID]
    words: set[str]


def batches(at_once: int = AT_ONCE) -> Iterator[Batch]:
    """All titles and all documents, in id order."""
    last: UUID | None = None
    while True:
        rows = Content.objects.using(CATALOG).after_id(last).values_list("content_id", flat=True)
        ids = list(rows[:at_once])
        ended = len(ids) < at_once
        after = Q() if last is None else Q(content_id__gt=last)
        yield Batch(ids, after if ended else after & Q(content_id__lte=ids[-1]))
        if ended:
            return
        last = ids[-1]


def batch_of(ids: list[UUID]) -> Batch:
    """These titles and their documents."""
    return Batch(ids, Q(content_id__in=ids))


def compared(batch: Batch) -> Compared:
    """Read in several queries: what somebody saves meanwhile may look like a difference, so look at it again."""
    rows = SearchDocument.objects.using(CATALOG).filter(batch.documents).order_by()
    stored = {row["content_id"]: row for row in rows.values("content_id", "is_stale", *COLUMNS)}
    stale = [content_id for content_id, row in stored.items() if row["is_stale"]]
    differences, documents = [], []
    for facts in facts_of(batch.ids):
        document, row = document_of(facts), stored.pop(facts.content_id, None)
        documents.append(document)
        if row is None:
            differences.append(Difference(facts.content_id, facts.title, (MISSING,)))
        elif not row["is_stale"]:
            what = tuple(column for column in COLUMNS if row[column] != document[column])
            differences += [Difference(facts.content_id, facts.title, what)] if what else []
    differences += [Difference(content_id, "", (ORPHANED,)) for content_id in stored]
    return Compared(differences, stale, words_missing(words_of(documents)))
