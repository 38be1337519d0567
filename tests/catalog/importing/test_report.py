"""The report is a stranger's texts in a table that an operator opens."""

import csv
from pathlib import Path

import pytest

from catalog.importing.records import rejection
from catalog.importing.report import report_to

STARTS = ("=", "+", "-", "@", "\t", "\r")


@pytest.mark.parametrize("start", STARTS)
def test_no_cell_of_a_report_is_a_formula(tmp_path: Path, start: str) -> None:
    """Keeps away: a tab or a carriage return before a formula, which a spreadsheet passes over; and a carriage return
    within a cell that ends its line, so that what is behind it begins another.
    """
    path, text = tmp_path / "report.csv", f"{start}=1+1"
    with report_to(path, sources=[tmp_path / "titles.csv"], key_name="show_id") as note:
        note(rejection(line=2, key=text, reason=text, title=text))
        note(rejection(line=3, key="s3", reason="1=1", title="Night\r=Day"))

    with path.open(encoding="utf-8", newline="") as file:
        _, hostile, plain = csv.reader(file)
    assert hostile == ["2", f"'{text}", "rejected", f"'{text}", f"'{text}", "titles.csv"]
    assert plain == ["3", "s3", "rejected", "1=1", "Night\r=Day", "titles.csv"]
