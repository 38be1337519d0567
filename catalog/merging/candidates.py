"""Titles that may be one: of one name by case, accents and punctuation, of one type and year.

Entry point: `duplicate_candidates`. Failure: `django.db.Error`s.
"""

from collections import defaultdict
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count

from catalog.models import Content, SearchDocument
from streaming.stores.aliases import CATALOG


class Candidate(NamedTuple):
    content_id: UUID
    title: str
    status: str
    content_type: str
    year: int | None


def duplicate_candidates(*, limit: int) -> list[list[Candidate]]:
    """Up to `limit` groups of titles that may be one, the largest first: two queries over all documents."""
    documents = SearchDocument.objects.using(CATALOG).exclude(status=Content.Status.MERGED)
    same = ("sort_title", "content_type", "year")
    groups = documents.order_by().values_list(*same).annotate(titles=Count("*")).filter(titles__gt=1)
    wanted = {key[:3]: None for key in groups.order_by("-titles", *same)[:limit]}
    found: defaultdict[tuple[str, str, int | None], list[UUID]] = defaultdict(list)
    named = documents.filter(sort_title__in={name for name, _, _ in wanted}).order_by("content_id")
    for content_id, *key in named.values_list("content_id", *same):
        found[key[0], key[1], key[2]].append(content_id)
    ids = [content_id for key in wanted for content_id in found[key]]
    rows = Content.objects.using(CATALOG).filter(content_id__in=ids).order_by()
    titles = {row[0]: row for row in rows.values_list("content_id", "title", "status")}
    return [
        [Candidate(*titles[content_id], *key[1:]) for content_id in found[key] if content_id in titles]
        for key in wanted
    ]
