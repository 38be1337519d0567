"""Views by title and day, as `trending.services` wrote them. Nobody edits them."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.selectors import any_ids_titled
from streaming.api.admin import ReadOnlyAdmin, uuid_or_none
from trending.models import TrendingDaily


@admin.register(TrendingDaily)
class TrendingDailyAdmin(ReadOnlyAdmin):
    list_display = ("date", "title", "views", "watch_time_minutes")
    list_display_links = ("date",)
    list_select_related = ("content",)
    list_filter = ("date",)
    sortable_by = ("date",)  # what the index gives
    search_fields = ("content__title",)
    search_help_text = "A title's id, or the whole title."
    fields = ("date", "title", "views", "watch_time_minutes")

    @admin.display(description="title")
    def title(self, row: TrendingDaily) -> SafeString:
        address = reverse("admin:catalog_content_change", args=[row.content_id])
        return format_html('<a href="{}">{}</a>', address, row.content)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[TrendingDaily], search_term: str
    ) -> tuple[QuerySet[TrendingDaily], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        content_id = uuid_or_none(term)
        content_ids = any_ids_titled(term) if content_id is None else [content_id]
        return queryset.filter(content__in=content_ids), False
