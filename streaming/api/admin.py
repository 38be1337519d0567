"""What the apps' admin classes share. It stands here, below every app, because apps may not import each other.

`StoreAdmin` is for tables of any size: no page counts all rows, and input that PostgreSQL refuses ends as a
message. `ReadOnlyAdmin` and `NeverWritten` are for rows that only the platform itself writes.
"""

import logging
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import DataError, connections, models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property

COUNTED_EXACTLY = 10_000  # rows; a count of more would cost more than the page it is shown on
NUL = "\x00"
# What Django and PostgreSQL raise for a hand-made filter or key: no UUID, no number, a year past all dates.
UNREADABLE = (ValidationError, ValueError, OverflowError, DataError)
logger = logging.getLogger(__name__)


class EstimatingPaginator(Paginator):
    """Counts up to `COUNTED_EXACTLY` rows. A filtered list ends there; of a whole table it takes the planner's size."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        estimate = 0 if rows.query.where else estimated_rows(rows.model, using=rows.db)
        if estimate > COUNTED_EXACTLY:
            return estimate
        return rows.order_by()[:COUNTED_EXACTLY].count()


def estimated_rows(model: type[models.Model], *, using: str) -> int:
    """The table's size as of its last ANALYZE; 0 where that is not known, as for a table distributed by Citus."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%s)", [model._meta.db_table]
        )
        row = cursor.fetchone()
    return max(0, row[0]) if row else 0


def minute(moment: datetime | None) -> str | None:
    """A time as lists show it: short, and in columns."""
    return None if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


class StoreList(ChangeList):
    """Finds the page's keys before its rows: far down a long list, an index that holds the keys is all that is read.

    The rows come by a second query, of these keys among what the page's admin class may show (`get_queryset`).
    """

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        keys = list(self.result_list.values_list("pk", flat=True))
        rows = self.apply_select_related(self.root_queryset.order_by()).in_bulk(keys)
        self.result_list = [rows[key] for key in keys if key in rows]
        if not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count  # else an unfiltered list offers to show all


class StoreAdmin(admin.ModelAdmin):
    paginator = EstimatingPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # one count per value of every filter
    list_per_page = 50
    list_max_show_all = 500
    empty_value_display = "–"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return StoreList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if "%00" in request.META["QUERY_STRING"]:
            messages.error(request, "The address held a character that no row can hold; it was left out.")
            return HttpResponseRedirect(request.path)
        try:
            return super().changelist_view(request, extra_context)
        except UNREADABLE as error:
            logger.warning("unreadable values for %s: %r", request.path, error)
            messages.error(
                request, "A filter or a selected row held a value that cannot be; nothing was done."
            )
            return HttpResponseRedirect(request.path)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Add forms start empty: Django would fill them from the address, and fail at a date that is none."""
        return {}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, search_term.replace(NUL, ""))


class NeverWritten:
    """For pages and inlines: nobody adds, changes or deletes, superusers included."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ReadOnlyAdmin(NeverWritten, StoreAdmin):
    actions = None
