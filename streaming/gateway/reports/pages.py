"""The watch-time report in the admin: `/admin/reports/watch-time`, for staff who may see plays.

The page reads the replica and the catalog in one statement, as the command does. A wrong date or range is an error
of the form; a store that is away is a message on the page, which then has status 503.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from catalog.selectors import genre_names
from streaming.gateway.reports.forms import WatchTimeForm
from streaming.gateway.reports.rendering import NOTE, as_of, csv_text, total_kind, total_of, week_name
from streaming.gateway.reports.watch_time import ALL, Line, ReportFailed, WatchTime, days_of, watch_time
from streaming.stores.outage import StoreUnavailable, unavailable_as

TEMPLATE = "gateway/watch_time.html"


@dataclass(frozen=True)
class Row:
    """A line of the report as the page draws it; `percent` is the width of its bar."""

    line: Line
    percent: int
    week: str = ""
    hours_by_week: Sequence[float | None] = ()

    @property
    def is_total(self) -> bool:
        return self.line.kind == ALL


@admin.site.admin_view
@permission_required("analytics.view_watchhistory", raise_exception=True)
@require_safe
def watch_time_page(request: HttpRequest) -> HttpResponse:
    try:
        with unavailable_as("catalog"):
            form = WatchTimeForm(_asked(request.GET), genres=genre_names())
        report = _report(form) if form.is_valid() else None
    except StoreUnavailable:
        return _page(request, status=503, failure="The catalog does not answer. Reload the page shortly.")
    except ReportFailed as error:
        return _page(request, status=503, form=form, failure=str(error))
    if report is not None and request.GET.get("format") == "csv":
        return _download(report)
    return _page(request, form=form, **(_shown(report) if report else {}))


def _asked(query: QueryDict) -> dict[str, str]:
    """What the form shows and is judged by; days that are not given are the default ones."""
    first, last = days_of(None, None)
    asked = {name: query.get(name, "").strip() for name in ("first", "last", "genre")}
    if not asked["first"] and not asked["last"]:
        asked |= {"first": f"{first}", "last": f"{last}"}
    return asked


def _report(form: WatchTimeForm) -> WatchTime:
    first, last = form.days()
    return watch_time(first=first, last=last, genre=form.cleaned_data["genre"] or None)


def _download(report: WatchTime) -> HttpResponse:
    name = f"watch-time-{report.first}-{report.last}.csv"
    return HttpResponse(
        csv_text(report),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _page(request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    everywhere = {**admin.site.each_context(request), "title": "Watch time by genre and week"}
    return TemplateResponse(request, TEMPLATE, {**everywhere, **context}, status=status)


def _shown(report: WatchTime) -> dict[str, Any]:
    weekly = _with_weeks_between([line for line in report.weekly if line.kind == total_kind(report)])
    weeks = [line.week for line in weekly]
    hours = {(line.kind, line.genre, line.week): line.hours for line in report.weekly}
    total = total_of(report)
    return {
        "report": report,
        "bars": [Row(line, _percent(line, weekly), week_name(line.week)) for line in weekly],
        "weeks": [week_name(week) for week in weeks],
        "rows": [
            Row(
                line,
                _percent(line, [other for other in report.whole if other.kind != ALL]),
                hours_by_week=[hours.get((line.kind, line.genre, week)) for week in weeks],
            )
            for line in report.whole
        ],
        "total": total,
        "as_of": as_of(report),
        "note": NOTE if report.genre is None else None,
    }


def _with_weeks_between(lines: list[Line]) -> list[Line]:
    """In which nothing was watched: left out, a bar would stand beside one of another time."""
    by_week = {line.week: line for line in lines if line.week}
    if not by_week:
        return []
    mondays = [min(by_week)]
    while mondays[-1] < max(by_week):
        mondays.append(mondays[-1] + timedelta(weeks=1))
    return [
        by_week.get(week) or replace(lines[0], week=week, plays=0, seconds=0, titles=0) for week in mondays
    ]


def _percent(line: Line, lines: list[Line]) -> int:
    """Of the longest of these lines, as a bar's width."""
    longest = max(other.seconds for other in lines) or 1
    return min(100, round(100 * line.seconds / longest))
