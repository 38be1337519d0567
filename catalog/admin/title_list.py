"""How the list of titles is narrowed: by decade, and by search, which forgives as the public one does.

Entry points: `ReleasedFilter`, `titles_found`. Failure: `django.db.Error`s.
"""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from catalog.models import Content, SearchDocument
from catalog.search.folding import fold, key_of

FIRST_DECADE = 1950
MOST_FOUND = 500  # titles; who has more is to type more
UNSPACED = (
    "\u0e00"  # Thai, and the scripts from there on: many write no blanks, so that words are found within text
)


class ReleasedFilter(admin.SimpleListFilter):
    """By decade, which needs no look at the rows: years and a date hierarchy would read them all for each page."""

    title = "release date"
    parameter_name = "released"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        latest = timezone.now().year // 10 * 10
        decades = [(str(first), f"{first}s") for first in range(latest, FIRST_DECADE - 1, -10)]
        return [*decades, ("before", f"before {FIRST_DECADE}"), ("unknown", "not known")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Content]) -> QuerySet[Content]:
        chosen = self.value()
        if chosen is None or chosen not in dict(self.lookup_choices):
            return queryset
        if chosen == "unknown":
            return queryset.filter(release_date=None)
        if chosen == "before":
            return queryset.filter(release_date__year__lt=FIRST_DECADE)
        return queryset.filter(release_date__year__range=(int(chosen), int(chosen) + 9))


def titles_found(term: str) -> list[UUID]:
    """Up to `MOST_FOUND` titles of any status, the most popular first, that bear these words in any of their titles."""
    words = fold(term)
    found = _most_popular(Q(titles=SearchQuery(words, config="simple", search_type="websearch")))
    exact = _most_popular(Q(keys__contains=[key_of(term)]))
    within = (
        _most_popular(Q(names__contains=words)) if not found and max(words, default="") > UNSPACED else []
    )
    return list(dict.fromkeys([*exact, *found, *within]))


def _most_popular(condition: Q) -> list[UUID]:
    documents = SearchDocument.objects.filter(condition).order_by("-popularity", "content_id")
    return list(documents.values_list("content_id", flat=True)[:MOST_FOUND])
