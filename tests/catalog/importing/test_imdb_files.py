"""Dumps that are not what they should be: refused or told by line, in flat memory, the catalog untouched."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management.base import CommandError

from bench.imdb_files import write_dump
from catalog.importing.files import BrokenOff, Unreadable
from catalog.importing.imdb import Imdb, dump_opened
from catalog.importing.records import Note, Row
from catalog.models import Content
from tests.catalog.importing.dumps import MOVIE, ROWS, import_imdb, written
from tests.catalog.importing.importing import whole_catalog


def read(folder: Path) -> tuple[list[Row], list[Note]]:
    with dump_opened(folder) as dump:
        found = list(Imdb().rows(dump))
    return [row for row in found if isinstance(row, Row)], [note for note in found if isinstance(note, Note)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "dump")


@pytest.mark.parametrize("name", list(ROWS))
def test_a_file_with_another_header_is_refused_by_name(folder: Path, name: str) -> None:
    path = folder / f"{name}.tsv"
    path.write_text("id\tname\n" + path.read_text().split("\n", 1)[1])

    with pytest.raises(Unreadable, match=f"{name} is another file: its first line must name"):
        read(folder)


@pytest.mark.parametrize("name", list(ROWS))
def test_a_file_that_is_not_sorted_is_refused_by_name_and_line(folder: Path, name: str) -> None:
    first = ROWS[name][0]
    late = ["nm0000000" if name == "name.basics" else "tt0000000", *first[1:]]
    written(folder, {name: [first, late]})

    with pytest.raises(Unreadable, match=f"{name} is not sorted .* on line 3 stands behind"):
        read(folder)


def test_ids_of_eight_digits_are_sorted_as_texts(folder: Path) -> None:
    ids = ("tt10000001", "tt2000000", "tt20000000")
    basics = [(key, "movie", key, key, "0", "2019", None, None, None) for key in ids]
    rows, notes = read(written(folder, {name: [] for name in ROWS} | {"title.basics": basics}))

    assert [row.key for row in rows] == list(ids)
    assert notes == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"tt0000002\tmovie\n", "2 columns instead of 9"),
        (b"tt0000002" + b"\t" * 9 + b"\n", "10 columns instead of 9"),
        (
            b"nm0000002" + b"\t" * 8 + b"\n",
            r"tconst 'nm0000002' is no id like tt(?:[0-9]{7}|[1-9][0-9]{7,9})",
        ),
        (
            b"tt0000002\tmovie\t\xff" + b"\t" * 6 + b"\n",
            "holds bytes that are not UTF-8 (byte 17 of the line)",
        ),
        (b"tt0000002\tmovie\t\0" + b"\t" * 6 + b"\n", "holds a NUL byte"),
        (b"tt0000001" + b"\t" * 8 + b"\n", "the same id is on line 2 already"),
        (b"x" * (3 << 20) + b"\n", "the line has 3,145,729 bytes, more than 1,048,576"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_and_the_rest_is_read(
    folder: Path, line: bytes, reason: str
) -> None:
    head, first, rest = (folder / "title.basics.tsv").read_bytes().split(b"\n", 2)
    (folder / "title.basics.tsv").write_bytes(b"\n".join((head, first, line + rest)))

    rows, notes = read(folder)

    assert [(note.line, note.file, note.reason) for note in notes] == [(3, "title.basics.tsv", reason)]
    assert len(rows) == 3


def test_a_quote_never_closed_costs_nothing(folder: Path) -> None:
    path = folder / "title.akas.tsv"
    path.write_text(path.read_text().replace("Die lange", '"Die lange'))

    rows, notes = read(folder)

    assert notes == []
    assert rows[0].title.alternative_titles[0].title == '"Die lange Nacht'


@pytest.mark.parametrize("name", ["title.basics", "title.episode", "name.basics"])
def test_what_is_read_beforehand_and_breaks_off_is_refused(tmp_path: Path, name: str) -> None:
    write_dump(tmp_path, titles=9000, zipped=True)
    _cut_off(tmp_path / f"{name}.tsv.gz")

    with pytest.raises(Unreadable, match=f"{name} .*: the compressed file is cut off"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["title.akas", "title.principals"])
def test_no_title_is_given_out_that_a_cut_off_file_may_have_more_of(tmp_path: Path, name: str) -> None:
    """Taken for less than it is, a title would lose what an earlier import brought."""
    write_dump(tmp_path, titles=9000, zipped=True)
    whole = {row.key: row.digest for row in read(tmp_path)[0]}
    _cut_off(tmp_path / f"{name}.tsv.gz")
    found = {}

    with dump_opened(tmp_path) as dump, pytest.raises(BrokenOff, match=f"{name}: the compressed file"):
        for row in Imdb().rows(dump):
            if isinstance(row, Row):
                found[row.key] = row.digest

    assert 0 < len(found) < len(whole)
    assert found.items() <= whole.items()


def test_a_plain_file_that_ends_within_a_line_is_cut_off(folder: Path) -> None:
    path = folder / "title.ratings.tsv"
    path.write_text(path.read_text()[:-2])  # 12 votes for 1,234

    with pytest.raises(BrokenOff, match=r"title\.ratings: its last line has no end"):
        read(folder)


def test_a_broken_dump_leaves_the_catalog_as_it_was(stores: None, folder: Path) -> None:
    import_imdb(folder)
    before = whole_catalog()
    written(folder, {"title.akas": []})
    _cut_off(written(folder, zipped=True) / "title.principals.tsv.gz")
    for path in folder.glob("*.tsv"):
        path.unlink()

    with pytest.raises(CommandError, match=r"title\.principals"):
        import_imdb(folder)
    assert whole_catalog() == before


def test_a_title_of_endless_rows_is_bounded_and_told(folder: Path) -> None:
    many = [(MOVIE, str(n), f"Night {n}", None, None, None, None, "0") for n in range(6000)]

    rows, notes = read(written(folder, {"title.akas": many}))

    assert len(rows[0].title.alternative_titles) == 5000
    assert [(note.line, note.file, note.reason) for note in notes] == [
        (5002, "title.akas.tsv", "from here on left out: more than 5,000 rows of one title")
    ]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process is Linux's to tell")
@pytest.mark.parametrize("hostile", ["", "a line of 100 MB"])
def test_memory_is_flat_over_many_rows(tmp_path: Path, hostile: str) -> None:
    """Five hundred thousand rows, or a hundred megabytes without an end, in what a small dump takes."""
    write_dump(tmp_path, titles=60_000 if not hostile else 200)
    if hostile:
        with (tmp_path / "title.akas.tsv").open("ab") as file:
            file.writelines([b"x" * 1_000_000] * 100)
            file.write(b"\n")
    code = (
        "import django, sys; django.setup(); from pathlib import Path; "
        "from catalog.importing.imdb import Imdb, dump_opened\n"
        "with dump_opened(Path(sys.argv[1])) as dump: print(sum(1 for _ in Imdb().rows(dump)))\n"
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )

    said = subprocess.run(
        [sys.executable, "-c", code, tmp_path],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "streaming.settings"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert int(said[0]) > 50
    assert int(said[1]) < 150_000  # kilobytes; Django alone takes half of them


def _cut_off(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def test_a_rating_that_no_column_takes_is_told_by_line_and_the_rest_comes_in(
    stores: None, tmp_path: Path
) -> None:
    """One such line stopped the import at its batch, each time it was run."""
    folder = written(tmp_path / "rated", {"title.ratings": [(MOVIE, "10.9", "1234")]})

    rows, notes = read(folder)
    import_imdb(folder)

    assert [note.reason for note in notes if "10.9" in note.reason] == [
        "averageRating '10.9' is not 0 to 10 with one decimal"
    ]
    assert Content.objects.count() == len(rows)
    assert not Content.objects.exclude(rating=None).exists()
