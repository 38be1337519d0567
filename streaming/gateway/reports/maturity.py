"""The report of ratings that no level maps, as text, CSV and JSON.

Entry points: `report`, `text_lines`, `csv_text`, `as_json`. Failure: `django.db.Error`s of `report`.
"""

import csv
import io
from collections.abc import Iterator
from typing import Any, NamedTuple

from catalog.selectors.maturity import UnmappedValue, unmapped_maturity, unrated_titles
from streaming.api.spreadsheets import no_formula


class UnmappedMaturity(NamedTuple):
    values: list[UnmappedValue]
    unrated: int


def report() -> UnmappedMaturity:
    return UnmappedMaturity(unmapped_maturity(), unrated_titles())


def text_lines(report: UnmappedMaturity) -> Iterator[str]:
    yield "Ratings that no level maps, and the public titles they hide from every request with a maturity limit"
    yield ""
    if report.values:
        system = max(len("system"), *(len(each.system) for each in report.values))
        value = max(len("value"), *(len(each.value) for each in report.values))
        yield f"{'system':<{system}}  {'value':<{value}}  {'titles':>9}"
        for each in report.values:
            yield f"{each.system:<{system}}  {each.value:<{value}}  {each.titles:>9,}"
    else:
        yield "Every rating is mapped."
    yield ""
    yield f"Public titles without any rating, which hides them likewise: {report.unrated:,}."
    if report.values:
        yield "A level added in the admin under `Maturity levels` counts at once."


def csv_text(report: UnmappedMaturity) -> str:
    """A row per value; no cell is a formula to a spreadsheet."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(UnmappedValue._fields)
    writer.writerows([no_formula(cell) for cell in each] for each in report.values)
    return written.getvalue()


def as_json(report: UnmappedMaturity) -> dict[str, Any]:
    return {"values": [each._asdict() for each in report.values], "unrated_titles": report.unrated}
