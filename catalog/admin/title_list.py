"""How the list of titles is narrowed beside what Django offers."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from catalog.models import Content

FIRST_DECADE = 1950


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
