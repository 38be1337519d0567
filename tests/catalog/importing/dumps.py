"""Dumps of the IMDb's shape for tests: a small one by hand, and what of it a test wants otherwise."""

import gzip
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management import call_command

from catalog.importing import identity
from catalog.importing.imdb.dump import TABLES
from catalog.models import Content

Rows = Sequence[Sequence[str | None]]
COLUMNS = {table.name: table.columns for table in TABLES}
MOVIE, SERIES, EPISODE = "tt0000001", "tt0000005", "tt0000003"
ROWS: dict[str, Rows] = {
    "title.basics": [
        (MOVIE, "movie", "The Long Night", "La larga noche", "0", "2019", None, "90", "Drama,Thriller"),
        (EPISODE, "tvEpisode", "Pilot", "Pilot", "0", "2001", None, "42", "Drama"),
        ("tt0000004", "tvEpisode", "The Door", "The Door", "0", "2001", None, None, None),
        (SERIES, "tvSeries", "Harbour", "Harbour", "0", "2001", "2004", None, "Crime"),
        ("tt0000006", "short", "Salt", "Salt", "0", None, None, "7", "Documentary,Short"),
    ],
    "title.akas": [
        (MOVIE, "1", "La larga noche", None, None, "original", None, "1"),
        (MOVIE, "2", "Die lange Nacht", "DE", None, "imdbDisplay", None, "0"),
        (MOVIE, "3", "The Long Night", "US", None, "imdbDisplay", None, "0"),
        (MOVIE, "4", "Dolgaya noch", "SUHH", "ru", None, "transliterated title", "0"),
        (MOVIE, "5", "Night One", "XWW", "en", "working\x02festival", None, "0"),
    ],
    "title.crew": [(MOVIE, "nm0000001", "nm0000001,nm0000003"), (SERIES, None, None)],
    "title.principals": [
        (MOVIE, "1", "nm0000002", "actress", None, '["Ana \\"Nan\\" Ruiz","The Guard"]'),
        (MOVIE, "2", "nm0000001", "director", None, None),
        (MOVIE, "3", "nm0000003", "producer", "executive producer", None),
        (SERIES, "1", "nm0000002", "self", None, '["Self"]'),
    ],
    "title.episode": [(EPISODE, SERIES, "1", "1"), ("tt0000004", SERIES, "2", "7")],
    "title.ratings": [(MOVIE, "7.6", "1234")],
    "name.basics": [
        ("nm0000001", "Ada Lund", "1950", "2010", "director,writer", MOVIE),
        ("nm0000002", "Bea Moss", None, None, "actress", MOVIE),
        ("nm0000003", "Cy Tran", "1971", None, "production_designer", None),
    ],
}


def written(folder: Path, rows: Mapping[str, Rows | None] | None = None, *, zipped: bool = False) -> Path:
    """The dump in `folder`, its files replaced by those of `rows`; None leaves a file out."""
    folder.mkdir(exist_ok=True)
    for name, lines in {**ROWS, **(rows or {})}.items():
        path = folder / f"{name}.tsv"
        path.unlink(missing_ok=True)
        if lines is not None:
            text = text_of(name, lines)
            if zipped:
                path.with_suffix(".tsv.gz").write_bytes(gzip.compress(text.encode()))
            else:
                path.write_text(text, encoding="utf-8", newline="\n")
    return folder


def text_of(name: str, lines: Rows) -> str:
    rows = [COLUMNS[name], *lines]
    return "".join("\t".join("\\N" if cell is None else cell for cell in row) + "\n" for row in rows)


def changed(name: str, key: str, **cells: str | None) -> dict[str, Rows]:
    """The file `name` with other cells in its first row of `key`."""
    lines = list(ROWS[name])
    place = next(place for place, line in enumerate(lines) if line[0] == key)
    lines[place] = [cells.get(column, cell) for column, cell in zip(COLUMNS[name], lines[place], strict=True)]
    return {name: lines}


def import_imdb(folder: Path, **options: Any) -> list[str]:
    """The lines that the command prints."""
    out = io.StringIO()
    call_command("import_imdb", folder, stdout=out, **options)
    return out.getvalue().splitlines()


def id_of(tconst: str) -> UUID:
    return identity.content_id("imdb", tconst)


def title_of(tconst: str) -> Content:
    return Content.objects.get(content_id=id_of(tconst))
