"""Files of the listing's format, and the real one where it is to be had."""

import csv
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.importing.listing import COLUMNS

REPOSITORY = Path(__file__).resolve().parents[3]
TITLES_FILE = Path(
    os.environ.get("TITLES_FILE") or REPOSITORY.parent / "shared" / "data" / "netflix_titles.csv.gz"
)
PRINTED = {
    "show_id": "s1",
    "type": "Movie",
    "title": "The Long Night",
    "director": "Ana Ruiz",
    "cast": "Ben Okri, Chi Wei",
    "country": "Spain",
    "date_added": "September 25, 2021",
    "release_year": "2019",
    "rating": "PG-13",
    "duration": "90 min",
    "listed_in": "Dramas, Thrillers",
    "description": "Somebody waits.",
}
Listing = Callable[..., Path]


@pytest.fixture
def titles_file() -> Path:
    """The real listing; skipped by name where it is absent."""
    if not TITLES_FILE.is_file():
        pytest.skip(f"the real listing is not at TITLES_FILE ({TITLES_FILE})")
    return TITLES_FILE


def printed(**columns: str) -> str:
    """One row of a listing as text, with its newline."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow({**PRINTED, **columns}.values())
    return text.getvalue()


@pytest.fixture
def listing(tmp_path: Path) -> Listing:
    """Writes a listing of rows, each a text or a dict of what differs from `PRINTED`, and returns its path."""

    def write(*rows: dict[str, str] | str | bytes, name: str = "titles.csv") -> Path:
        path = tmp_path / name
        lines = [row if isinstance(row, str | bytes) else printed(**row) for row in rows]
        path.write_bytes(
            b"".join(line.encode() if isinstance(line, str) else line for line in (HEADER, *lines))
        )
        return path

    return write


HEADER = ",".join(COLUMNS) + "\n"
