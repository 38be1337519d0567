import csv
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings
from django.core.management.base import CommandError
from django.db import connections

from catalog.importing import batching, pipeline
from catalog.models import Content, Credit, Genre, Person, Season, Source
from streaming.stores.aliases import CATALOG
from tests.catalog.importing.conftest import Listing, printed
from tests.catalog.importing.importing import id_of, import_titles, title_of, whole_catalog

HINT = "--report FILE names the rejected and the mended rows"


def test_a_row_becomes_a_published_title_with_everything_it_says(stores: None, listing: Listing) -> None:
    said = import_titles(listing({}))

    title = title_of("s1")
    assert said == [
        "1 row: 1 new, 0 changed, 0 unchanged, 0 rejected",
        "the catalog has 1 title (1 movie, 0 series), 2 genres, 3 people",
    ]
    assert (title.title, title.original_title, title.summary) == ("The Long Night", "", "Somebody waits.")
    assert (title.release_date, title.duration_minutes, title.rating) == (date(2019, 1, 1), 90, None)
    assert (title.status, title.published_at) == ("published", datetime(2021, 9, 25, tzinfo=UTC))
    assert sorted(genre.name for genre in title.genres.all()) == ["Dramas", "Thrillers"]
    assert list(title.credits.values_list("billing_order", "job", "person__name")) == [
        (0, "Director", "Ana Ruiz"),
        (1, "Actor", "Ben Okri"),
        (2, "Actor", "Chi Wei"),
    ]
    source = Source.objects.get(content=title)
    assert (source.scheme, source.value, source.record["country"]) == ("listing", "s1", ["Spain"])


def test_a_show_gets_its_seasons(stores: None, listing: Listing) -> None:
    import_titles(listing({"type": "TV Show", "duration": "3 Seasons"}))

    assert title_of("s1").content_type == "series"
    assert list(title_of("s1").seasons.values_list("number", flat=True)) == [1, 2, 3]


def test_the_same_file_twice_changes_nothing_and_says_so(stores: None, listing: Listing) -> None:
    path = listing({}, {"show_id": "s2", "type": "TV Show", "duration": "2 Seasons"})
    import_titles(path)
    before, touched = whole_catalog(), title_of("s1").updated_at

    said = import_titles(path)

    assert said[0] == "2 rows: 0 new, 0 changed, 2 unchanged, 0 rejected"
    assert whole_catalog() == before
    assert title_of("s1").updated_at == touched


def test_people_and_genres_are_shared_and_those_that_are_there_stay_as_they_are(
    stores: None, listing: Listing
) -> None:
    import_titles(listing({}))
    Person.objects.filter(name="Ana Ruiz").update(biography="Born in Lugo.", role="Producer")
    dramas = Genre.objects.get(name="Dramas").genre_id

    import_titles(listing({}, {"show_id": "s2", "cast": "Ana Ruiz, Dee Lux"}))

    ana = Person.objects.get(name="Ana Ruiz")
    assert (ana.biography, ana.role, ana.credits.count()) == ("Born in Lugo.", "Producer", 3)
    assert Genre.objects.get(name="Dramas").genre_id == dramas
    assert (Person.objects.count(), Genre.objects.count()) == (4, 2)


def test_titles_of_one_name_stay_two(stores: None, listing: Listing) -> None:
    import_titles(listing({}, {"show_id": "s2"}, {"show_id": "s3", "title": "THE LONG NIGHT"}))

    assert Content.objects.filter(title="The Long Night").count() == 2
    assert Content.objects.count() == 3


def test_the_later_row_of_one_id_is_rejected_and_names_the_first(
    stores: None, listing: Listing, tmp_path: Path
) -> None:
    report = tmp_path / "report.csv"
    said = import_titles(listing({}, {"show_id": "s2"}, {"title": "Again"}), report=report)

    assert said[0] == "3 rows: 2 new, 0 changed, 0 unchanged, 1 rejected"
    assert title_of("s1").title == "The Long Night"
    assert report.read_text() == (
        "line,show_id,outcome,reason,title,file\n"
        "4,s1,rejected,the same id is on line 2 already,Again,titles.csv\n"
    )


def test_the_later_row_of_one_id_is_rejected_across_batches(
    stores: None, listing: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "BATCH_ROWS", 1)

    said = import_titles(listing({}, {"show_id": "s2"}, {"title": "Again"}))

    assert said[:2] == ["3 rows: 2 new, 0 changed, 0 unchanged, 1 rejected", HINT]


def test_the_report_names_each_rejected_and_each_mended_row(
    stores: None, listing: Listing, tmp_path: Path
) -> None:
    report = tmp_path / "report.csv"
    path = listing(
        {"description": "two\nlines"},
        {"show_id": "s2", "rating": "84 min", "duration": "", "title": "=1+1"},
        {"show_id": "s3", "type": "Play"},
        b"s4,Movie,\xff\xfe" + b"," * 9 + b"\n",
    )

    said = import_titles(path, report=report)

    assert said[0] == "4 rows: 2 new, 0 changed, 0 unchanged, 2 rejected, 1 mended"
    with report.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["line", "show_id", "outcome", "reason", "title", "file"],
        ["4", "s2", "mended", "duration '84 min' stood in rating", "'=1+1", "titles.csv"],
        [
            "5",
            "s3",
            "rejected",
            "type 'Play' is neither 'Movie' nor 'TV Show'",
            "The Long Night",
            "titles.csv",
        ],
        ["6", "s4", "rejected", "holds bytes that are not UTF-8 (byte 10 of the line)", "��", "titles.csv"],
    ]


def test_rejected_rows_beside_good_ones_are_no_failure(stores: None, listing: Listing) -> None:
    said = import_titles(listing({}, {"show_id": "s2", "title": ""}))
    assert said[0] == "2 rows: 1 new, 0 changed, 0 unchanged, 1 rejected"


def test_a_file_of_which_nothing_could_be_read_is_a_failure(stores: None, listing: Listing) -> None:
    with pytest.raises(CommandError, match=r"Every row of .* was rejected, the first, line 2, because "):
        import_titles(listing({"title": ""}))


def test_a_dry_run_counts_against_the_catalog_and_writes_nothing(stores: None, listing: Listing) -> None:
    import_titles(listing({}, {"show_id": "s2"}))
    before = whole_catalog()

    said = import_titles(
        listing({}, {"show_id": "s2", "cast": "Eve Moss"}, {"show_id": "s3"}, {"show_id": "s4", "type": ""}),
        dry_run=True,
    )

    assert said == ["4 rows: 1 new, 1 changed, 1 unchanged, 1 rejected", HINT, "nothing was written"]
    assert whole_catalog() == before


def test_a_truncated_gzip_brings_in_what_it_has_and_fails(
    stores: None, tmp_path: Path, listing: Listing
) -> None:
    plain = listing(*({"show_id": f"s{n}", "title": f"Title {n * 7919}"} for n in range(3000)))
    path = tmp_path / "cut.csv.gz"
    whole = gzip.compress(plain.read_bytes())
    path.write_bytes(whole[: len(whole) // 2])

    with pytest.raises(CommandError, match="could not be read to its end: the compressed file is cut off"):
        import_titles(path)
    held = Content.objects.count()
    said = import_titles(plain)

    assert 0 < held < 3000
    assert said[0] == f"3,000 rows: {3000 - held:,} new, 0 changed, {held:,} unchanged, 0 rejected"


def test_a_report_over_the_file_itself_is_refused(stores: None, listing: Listing) -> None:
    path = listing({})
    before = path.read_bytes()

    with pytest.raises(CommandError, match="The report would overwrite the file it reports on"):
        import_titles(path, report=path)
    assert path.read_bytes() == before


def test_a_report_that_cannot_be_written_is_told_before_anything_is_imported(
    stores: None, listing: Listing, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        import_titles(listing({}), report=tmp_path / "no" / "report.csv")
    assert Content.objects.count() == 0


def test_a_second_import_at_the_same_time_is_refused(
    stores: None, listing: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "LOCK_WAIT_SECONDS", 0.05)
    first = psycopg2.connect(**connections[CATALOG].get_connection_params())
    try:
        first.cursor().execute("SELECT pg_advisory_lock(%s)", [pipeline.LOCK])

        with pytest.raises(CommandError, match="Another import is running: wait for its end"):
            import_titles(listing({}))
        assert import_titles(listing({}), dry_run=True)[-1] == "nothing was written"
    finally:
        first.close()
    assert Content.objects.count() == 0


def test_an_import_gives_the_catalog_free_again(stores: None, listing: Listing) -> None:
    import_titles(listing({}))
    import_titles(listing({}, {"show_id": "s2"}))

    assert Content.objects.count() == 2


def test_a_row_the_database_refuses_is_rejected_by_line_and_no_other(
    stores: None, listing: Listing, tmp_path: Path
) -> None:
    report = tmp_path / "report.csv"
    titles = [{"show_id": f"s{n}", "title": "Third" if n in (3, 8) else f"Title {n}"} for n in range(1, 12)]
    with _constraint("content_metadata", "CHECK (title <> 'Third')"):
        said = import_titles(listing(*titles), report=report)

    assert said[0] == "11 rows: 9 new, 0 changed, 0 unchanged, 2 rejected"
    refused = [row for row in csv.DictReader(report.open()) if row["outcome"] == "rejected"]
    assert [(row["line"], row["show_id"]) for row in refused] == [("4", "s3"), ("9", "s8")]
    assert all("the database refuses it: " in row["reason"] for row in refused)
    assert all("made_up" in row["reason"] for row in refused)
    assert Content.objects.count() == 9


def test_a_batch_that_fails_for_another_reason_is_one_sentence_with_its_lines(
    stores: None, listing: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "BATCH_ROWS", 2)
    with _constraint("search_words", "CHECK (word <> 'third' OR pg_read_file('no such file') IS NULL)"):
        with pytest.raises(CommandError, match=r"The catalog refused lines 4 to 5 .*no such file"):
            import_titles(
                listing({}, {"show_id": "s2"}, {"show_id": "s3", "title": "Third"}, {"show_id": "s4"})
            )

    assert set(Content.objects.values_list("content_id", flat=True)) == {id_of("s1"), id_of("s2")}


@contextmanager
def _constraint(table: str, rule: str) -> Iterator[None]:
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT made_up {rule}")
    try:
        yield
    finally:
        with connections[CATALOG].cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT made_up")


def test_a_batch_is_bounded_by_its_bytes_too(stores: None, listing: Listing) -> None:
    """Two thousand long rows at once would fill the memory."""
    long = "x" * 100_000
    said = import_titles(listing(*({"show_id": f"s{n}", "description": long} for n in range(25))))

    assert said[0] == "25 rows: 25 new, 0 changed, 0 unchanged, 0 rejected"
    assert Content.objects.filter(summary=long).count() == 25


def test_what_is_a_text_to_copy_arrives_as_it_was(stores: None, listing: Listing) -> None:
    odd = "tab\there \\N back\\slash \"quoted\" 'single' {brace} 日本語 🎬"
    import_titles(listing(printed(title=odd.replace("\t", " "), description=odd)))

    assert title_of("s1").summary == odd
    assert title_of("s1").title == odd.replace("\t", " ")
    assert Source.objects.get().record["description"] == odd


def test_no_rows_at_all_is_no_failure(stores: None, listing: Listing) -> None:
    assert import_titles(listing())[0] == "0 rows: 0 new, 0 changed, 0 unchanged, 0 rejected"
    assert (Credit.objects.count(), Season.objects.count()) == (0, 0)


def test_under_debug_the_statements_of_earlier_batches_are_not_kept(
    stores: None, listing: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The local stores run with DEBUG: 130,000 rows left 80 MB of statements in memory."""
    monkeypatch.setattr(batching, "BATCH_ROWS", 1)
    monkeypatch.setattr(settings, "DEBUG", True)

    import_titles(listing(*({"show_id": f"s{n}"} for n in range(30))))

    assert len(connections[CATALOG].queries) < 10
