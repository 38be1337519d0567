"""The watch-time report as text, CSV and JSON: for the command, and the CSV for the page too.

Entry points: `text_lines`, `csv_text`, `as_json`, `as_of`, `week_name`. Nothing here touches a store.
"""

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import Any

from streaming.api.spreadsheets import Cell, no_formula
from streaming.gateway.reports.watch_time import ALL, GENRE, Line, WatchTime

NOTE = "A title with several genres counts for each of them; the line of all titles counts each play once."
COLUMNS = ("week", "week_starts", "line", "genre", "hours", "plays", "titles")


def week_name(monday: date | None) -> str:
    """The ISO week, as in 2026-W48; of the whole range nothing."""
    if monday is None:
        return ""
    year, week, _ = monday.isocalendar()
    return f"{year:04}-W{week:02}"


def as_of(report: WatchTime) -> str:
    if report.lag_bytes is None:
        behind = "how far the replica was behind the primary is not known"
    elif report.lag_bytes:
        behind = f"the replica was {report.lag_bytes:,} bytes of WAL behind the primary"
    else:
        behind = "the replica had all that the primary had"
    return f"As of {report.as_of:%Y-%m-%d %H:%M:%S} UTC; {behind}."


def text_lines(report: WatchTime) -> Iterator[str]:
    yield f"Watch time by genre and ISO week (UTC), {report.first} to {report.last}"
    if not report.whole:
        yield "Nothing was watched."
    width = max((len(line.label) for line in report.whole), default=0)
    shown: str | None = None
    for line in [*report.weekly, *report.whole]:
        week = week_name(line.week) or "in all"
        if week != shown:
            yield ""
            yield f"{week:<8}  {'':<{width}}  {'hours':>12}  {'plays':>11}  {'titles':>9}"
            shown = week
        yield f"{'':<8}  {line.label:<{width}}  {line.hours:>12,.1f}  {line.plays:>11,}  {line.titles:>9,}"
    yield ""
    if report.genre is None:
        yield NOTE
    yield as_of(report)


def csv_text(report: WatchTime) -> str:
    """A row per week and line; rows without a week are of the whole range. No cell is a formula to a spreadsheet."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in [*report.weekly, *report.whole]:
        writer.writerow([no_formula(cell) for cell in _cells(line).values()])
    return written.getvalue()


def as_json(report: WatchTime) -> dict[str, Any]:
    return {
        "from": report.first.isoformat(),
        "to": report.last.isoformat(),
        "genre": report.genre,
        "as_of": report.as_of.isoformat(timespec="seconds"),
        "replica_lag_bytes": report.lag_bytes,
        "weeks": [_cells(line) for line in report.weekly],
        "whole": [_cells(line) for line in report.whole],
    }


def total_of(report: WatchTime) -> Line | None:
    """The whole range's line of all titles, or of the genre asked for; None where nothing was watched."""
    return next((line for line in report.whole if line.kind == total_kind(report)), None)


def total_kind(report: WatchTime) -> str:
    return ALL if report.genre is None else GENRE


def _cells(line: Line) -> dict[str, Cell]:
    return {
        "week": week_name(line.week) or None,
        "week_starts": line.week.isoformat() if line.week else None,
        "line": line.kind,
        "genre": line.genre,
        "hours": round(line.hours, 2),
        "plays": line.plays,
        "titles": line.titles,
    }
