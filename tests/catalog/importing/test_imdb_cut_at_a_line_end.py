"""Dumps of which a file ends too early, between two lines: nothing in it shows, and nothing is to be lost by it."""

import csv
import gzip
import re
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from bench.imdb_files import write_dump
from catalog.importing import batching
from catalog.models import Credit
from tests.catalog.importing.dumps import (
    EPISODE,
    MOVIE,
    ROWS,
    SERIES,
    Rows,
    import_imdb,
    text_of,
    title_of,
    written,
)
from tests.catalog.importing.importing import whole_catalog
from tests.emptying import empty_catalog

LATER = "tt0000009"  # behind all others
MORE: dict[str, Rows | None] = {
    "title.basics": [*ROWS["title.basics"], (LATER, "movie", "Ice", "Ice", "0", "2020", None, "80", "Drama")],
    "title.akas": [*ROWS["title.akas"], (LATER, "1", "Eis", "DE", None, "imdbDisplay", None, "0")],
    "title.crew": [*ROWS["title.crew"], (LATER, "nm0000003", None)],
    "title.principals": [*ROWS["title.principals"], (LATER, "1", "nm0000001", "actress", None, None)],
    "title.ratings": [*ROWS["title.ratings"], (LATER, "5.0", "10")],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "dump", MORE)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("title.akas", 200),
        ("title.crew", 60),
        ("title.principals", 200),
        ("title.ratings", 20),
        ("title.episode", 100),
        ("name.basics", 100),
        ("title.principals", 1),
        ("title.episode", 1),
        ("name.basics", 1),
    ],
)
def test_what_a_cut_file_does_not_reach_stays(
    stores: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, lines: int
) -> None:
    write_dump(tmp_path, titles=600, seed=4)
    import_imdb(tmp_path)
    before = whole_catalog()
    path = tmp_path / f"{name}.tsv"
    whole = path.read_text()
    last = _cut(path, lines)
    monkeypatch.setattr(batching, "BATCH_ROWS", 50)  # it is said once, however many batches it takes

    for _ in range(2):
        with pytest.raises(CommandError, match=rf"^{path.name} ends at {last}: nothing of [^:]*$"):
            import_imdb(tmp_path)
        now = whole_catalog()
        # Of the last title itself the file has a part, which is what it says.
        assert _lost(before, now) <= (7 if name in ("title.akas", "title.principals") else 0)

    path.write_text(whole)
    import_imdb(tmp_path)
    assert whole_catalog() == before


def test_a_new_title_behind_the_end_lacks_it_until_the_file_is_whole(stores: None, folder: Path) -> None:
    import_imdb(written(folder, {**MORE, "title.principals": [], "title.crew": []}))
    assert Credit.objects.count() == 0

    said = import_imdb(written(folder, MORE))

    assert said[0] == "4 titles: 0 new, 3 changed, 1 unchanged; 0 rows rejected"
    assert title_of(LATER).credits.count() == 2


def test_a_last_title_that_never_had_anything_is_no_alarm(stores: None, folder: Path) -> None:
    """In most dumps there are titles behind the end of every other file."""
    written(folder, {"title.basics": MORE["title.basics"]})

    assert import_imdb(folder)[0] == "4 titles: 4 new, 0 changed, 0 unchanged; 0 rows rejected"
    assert import_imdb(folder)[0] == "4 titles: 0 new, 0 changed, 4 unchanged; 0 rows rejected"


def test_what_the_other_files_say_of_such_titles_is_written(stores: None, folder: Path) -> None:
    """A person as well who is new to the catalog, though the credits before them have no names in this dump."""
    import_imdb(folder)
    rows = {
        **MORE,
        "title.akas": MORE["title.akas"][:-1] if MORE["title.akas"] else None,
        "title.ratings": [*ROWS["title.ratings"], (LATER, "6.1", "12")],
        "title.principals": [
            *ROWS["title.principals"],
            (LATER, "1", "nm0000001", "actress", None, None),
            (LATER, "2", "nm0000009", "editor", None, None),
        ],
        "name.basics": [*ROWS["name.basics"][1:], ("nm0000009", "Dee Roe", None, None, "editor", None)],
    }

    with pytest.raises(CommandError, match=r"title\.akas\.tsv ends at tt0000001"):
        import_imdb(written(folder, rows))

    title = title_of(LATER)
    assert title.rating_count == 12
    assert [other.title for other in title.alternative_titles.all()] == ["Eis"]
    assert list(title.credits.values_list("person__name", "job")) == [
        ("Ada Lund", "Actor"),
        ("Dee Roe", "Editor"),
        ("Cy Tran", "Director"),
    ]


def test_a_person_without_a_name_keeps_the_credits_there_are(
    stores: None, folder: Path, tmp_path: Path
) -> None:
    import_imdb(folder)
    before = whole_catalog()
    report = tmp_path / "report.csv"

    said = import_imdb(written(folder, {**MORE, "name.basics": ROWS["name.basics"][1:]}), report=report)

    assert said[0] == "4 titles: 0 new, 0 changed, 4 unchanged; 2 rows rejected"
    assert whole_catalog() == before
    assert {row["reason"] for row in _told(report)} == {"'nm0000001' is nobody in name.basics"}


def test_a_credit_that_is_not_said_any_more_goes_though_its_person_has_no_name(
    stores: None, folder: Path
) -> None:
    import_imdb(folder)
    rows = {
        **MORE,
        "title.principals": [ROWS["title.principals"][0], *ROWS["title.principals"][2:]],
        "title.crew": [(MOVIE, None, "nm0000001,nm0000003")],
        "name.basics": ROWS["name.basics"][1:],
    }

    with pytest.raises(CommandError, match="ends at"):
        import_imdb(written(folder, rows))

    jobs = title_of(MOVIE).credits.filter(person__name="Ada Lund").values_list("job", flat=True)
    assert list(jobs) == ["Writer"]


def test_episodes_behind_the_end_of_either_file_stay(stores: None, folder: Path) -> None:
    import_imdb(folder)
    series = title_of(SERIES)
    cut = [(EPISODE, SERIES, "1", "2")]

    with pytest.raises(CommandError, match=r"title\.episode\.tsv ends at tt0000003"):
        import_imdb(written(folder, {**MORE, "title.episode": cut}))

    assert list(series.episodes.values_list("season_number", "number")) == [(1, 2), (2, 7)]


def test_a_cut_list_of_titles_takes_no_episodes_from_series_before_its_end(
    stores: None, folder: Path
) -> None:
    rows: dict[str, Rows | None] = {
        "title.basics": [
            ("tt0000002", "tvSeries", "Harbour", "Harbour", "0", "2001", "2004", None, "Crime"),
            *ROWS["title.basics"][1:3],
        ],
        "title.episode": [(EPISODE, "tt0000002", "1", "1"), ("tt0000004", "tt0000002", "2", "7")],
    }
    import_imdb(written(folder, rows))

    with pytest.raises(CommandError, match=r"title\.basics\.tsv ends at tt0000003"):
        import_imdb(written(folder, {**rows, "title.basics": (rows["title.basics"] or [])[:-1]}))

    assert title_of("tt0000002").episodes.count() == 2


SHRUNKEN: dict[str, Rows | None] = {
    **{name: ROWS[name] for name in ("title.akas", "title.crew", "title.principals", "title.ratings")},
    "title.basics": [*ROWS["title.basics"], (LATER, "movie", "Ice", "Ice", "0", "2020", None, "80", "Drama")],
    "title.episode": ROWS["title.episode"][:1],
}


def test_what_a_whole_file_says_no_longer_goes_with_its_last_title_as_well(
    stores: None, folder: Path, tmp_path: Path
) -> None:
    """Regression: where the last title of a healthy dump had lost its only rows they stayed, and it ended with 1."""
    whole = tmp_path / "whole"
    import_imdb(written(whole, SHRUNKEN, zipped=True))
    expected = _children(whole_catalog())
    empty_catalog()
    import_imdb(folder)
    assert title_of(LATER).credits.count() == 2 and title_of(SERIES).episodes.count() == 2

    said = import_imdb(whole)

    assert said[0] == "4 titles: 0 new, 2 changed, 2 unchanged; 0 rows rejected"
    assert _children(whole_catalog()) == expected
    later = title_of(LATER)
    assert (later.credits.count(), later.alternative_titles.count(), later.rating) == (0, 0, None)
    assert title_of(SERIES).episodes.count() == 1
    assert import_imdb(whole)[0] == "4 titles: 0 new, 0 changed, 4 unchanged; 0 rows rejected"


@pytest.mark.parametrize(
    "name", ["title.akas", "title.crew", "title.principals", "title.ratings", "title.episode"]
)
def test_a_gzip_file_of_several_parts_is_no_proof(stores: None, folder: Path, name: str) -> None:
    """Of the parts the last may be missing, which is packed by itself: nothing shows it."""
    import_imdb(folder)
    before = whole_catalog()
    path = folder / f"{name}.tsv"
    text = text_of(name, SHRUNKEN[name] or [])
    path.unlink()
    middle = text.index("\n") + 1
    parts = [gzip.compress(part.encode()) for part in (text[:middle], text[middle:])]
    packed = path.with_suffix(".tsv.gz")
    for content in (b"".join(parts), gzip.compress(text.encode()) + b"\0" * 512):
        packed.write_bytes(content)

        with pytest.raises(CommandError, match=rf"^{re.escape(packed.name)} ends at tt"):
            import_imdb(folder)

        assert whole_catalog() == before


def test_the_report_says_it_once_and_a_dry_run_as_well(stores: None, folder: Path, tmp_path: Path) -> None:
    import_imdb(folder)
    written(folder, {**MORE, "title.principals": ROWS["title.principals"][:2]})
    report = tmp_path / "report.csv"

    with pytest.raises(CommandError, match=r"All else is in; get the whole file"):
        import_imdb(folder, report=report, dry_run=True)

    reason = "title.principals.tsv ends at tt0000001: nothing of what is behind it was taken away"
    assert [(row["line"], row["outcome"], row["reason"], row["file"]) for row in _told(report)] == [
        ("3", "cut off", reason, "title.principals.tsv")
    ]


def _cut(path: Path, lines: int) -> str:
    """Leaves the header and rows, `lines` in all; the id of the last."""
    kept = path.read_text().splitlines(keepends=True)[:lines]
    path.write_text("".join(kept))
    return kept[-1].split("\t")[0] if lines > 1 else "its header"


PARTS = ("content_cast_crew", "alternative_titles", "episodes", "seasons", "content_metadata")


def _children(catalog: dict[str, list[tuple[object, ...]]]) -> dict[str, list[str]]:
    return {part: sorted(map(repr, catalog[part])) for part in PARTS}


def _lost(before: dict[str, list[tuple[object, ...]]], now: dict[str, list[tuple[object, ...]]]) -> int:
    return sum(len(set(map(repr, before[part])) - set(map(repr, now[part]))) for part in PARTS)


def _told(report: Path) -> list[dict[str, str]]:
    with report.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
