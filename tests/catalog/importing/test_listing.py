from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from catalog.importing.files import Unreadable, opened
from catalog.importing.listing import Listing
from catalog.importing.records import Credit, MaturityRating, Note, Row
from tests.catalog.importing.conftest import HEADER
from tests.catalog.importing.conftest import Listing as WriteListing


def rows_of(path: Path) -> list[Row | Note]:
    with opened(path) as file:
        return list(Listing().rows(file))


def row_of(path: Path) -> Row:
    (row,) = rows_of(path)
    assert isinstance(row, Row), row
    return row


def test_a_movie_reads_as_a_title(listing: WriteListing) -> None:
    row = row_of(listing({}))

    assert (row.line, row.key, row.mended) == (2, "s1", "")
    assert row.title.title == "The Long Night"
    assert row.title.content_type == "movie"
    assert row.title.release_date == date(2019, 1, 1)
    assert (row.title.duration_minutes, row.title.seasons) == (90, ())
    assert row.title.countries == ("ES",)
    assert row.title.maturity_ratings == (MaturityRating("MPA", "PG-13", "US"),)
    assert row.title.published_at == datetime(2021, 9, 25, tzinfo=UTC)
    assert row.title.genres == ("Dramas", "Thrillers")
    assert row.title.credits == (
        Credit("Director", "Ana Ruiz", "Directing"),
        Credit("Actor", "Ben Okri", "Acting"),
        Credit("Actor", "Chi Wei", "Acting"),
    )


def test_the_record_keeps_what_the_catalog_has_no_column_for(listing: WriteListing) -> None:
    record = row_of(listing({"country": ", France, Algeria,"})).record

    assert record["country"] == ["France", "Algeria"]
    assert record["rating"] == "PG-13"
    assert record["date_added"] == "2021-09-25"


@pytest.mark.parametrize(("duration", "seasons"), [("1 Season", 1), ("9 Seasons", 9)])
def test_a_show_has_seasons_and_no_minutes(listing: WriteListing, duration: str, seasons: int) -> None:
    title = row_of(listing({"type": "TV Show", "duration": duration})).title

    assert (title.content_type, len(title.seasons), title.duration_minutes) == ("series", seasons, None)


def test_a_duration_that_stands_in_rating_is_put_back_and_noted(listing: WriteListing) -> None:
    row = row_of(listing({"rating": "74 min", "duration": ""}))

    assert row.title.duration_minutes == 74
    assert (row.record["rating"], row.record["duration"]) == ("", "74 min")
    assert row.mended == "duration '74 min' stood in rating"


@pytest.mark.parametrize(
    ("rating", "system"), [("TV-Y7-FV", "TVPG"), ("NC-17", "MPA"), ("NR", None), ("UR", None), ("", None)]
)
def test_a_rating_is_of_the_system_that_has_it(
    listing: WriteListing, rating: str, system: str | None
) -> None:
    found = row_of(listing({"rating": rating})).title.maturity_ratings

    assert [(said.system, said.value, said.country) for said in found] == (
        [(system, rating, "US")] if system else []
    )


def test_a_country_that_is_none_is_noted_and_stays_in_the_record(listing: WriteListing) -> None:
    row = row_of(listing({"country": "Spain, Atlantis, West Germany"}))

    assert row.title.countries == ("ES", "DE")
    assert row.record["country"] == ["Spain", "Atlantis", "West Germany"]
    assert row.mended == "no country is called 'Atlantis'"


def test_without_a_date_the_title_is_public_from_its_release(listing: WriteListing) -> None:
    assert row_of(listing({"date_added": ""})).title.published_at == datetime(2019, 1, 1, tzinfo=UTC)


def test_blanks_and_forms_of_unicode_make_no_difference(listing: WriteListing) -> None:
    row = row_of(
        listing(
            {
                "title": " The\u00a0Long \n Night ",
                "cast": "Zoe\u0301  Kim,,Zo\u00e9 Kim , Ben Okri",
                "date_added": " September 25, 2021",
            }
        )
    )

    assert row.title.title == "The Long Night"
    assert row.title.credits[1:] == (
        Credit("Actor", "Zo\u00e9 Kim", "Acting"),
        Credit("Actor", "Ben Okri", "Acting"),
    )
    assert row.title.published_at == datetime(2021, 9, 25, tzinfo=UTC)


def test_who_directs_and_acts_has_both_credits(listing: WriteListing) -> None:
    credits = row_of(listing({"director": "Ana Ruiz", "cast": "Ana Ruiz"})).title.credits

    assert credits == (Credit("Director", "Ana Ruiz", "Directing"), Credit("Actor", "Ana Ruiz", "Acting"))


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"show_id": " "}, "show_id is empty"),
        ({"title": "\u00a0"}, "title is empty"),
        ({"title": "x" * 501}, "title has 501 characters, more than 500"),
        ({"cast": "x" * 256}, "cast has 256 characters, more than 255"),
        ({"listed_in": "x" * 101}, "listed_in has 101 characters, more than 100"),
        ({"cast": ", ".join(f"Name {n}" for n in range(2001))}, "more than 2,000 names and genres"),
        ({"type": "Podcast"}, "type 'Podcast' is neither 'Movie' nor 'TV Show'"),
        ({"release_year": "MMXX"}, "release_year 'MMXX' is no year from 1870 on"),
        ({"release_year": "٢٠١٩"}, "release_year '٢٠١٩' is no year from 1870 on"),
        ({"release_year": "0000"}, "release_year '0000' is no year from 1870 on"),
        ({"date_added": "2021-09-25"}, "date_added '2021-09-25' is no date like 'September 25, 2021'"),
        (
            {"date_added": "February 30, 2021"},
            "date_added 'February 30, 2021' is no date like 'September 25, 2021'",
        ),
        ({"date_added": "May 1, 0000"}, "date_added 'May 1, 0000' is no date like 'September 25, 2021'"),
        ({"duration": ""}, "duration '' is not 1 to 10,000 minutes ('90 min')"),
        ({"duration": "2 Seasons"}, "duration '2 Seasons' is not 1 to 10,000 minutes ('90 min')"),
        ({"duration": "10001 min"}, "duration '10001 min' is not 1 to 10,000 minutes ('90 min')"),
        (
            {"type": "TV Show", "duration": "99999 Seasons"},
            "duration '99999 Seasons' is not 1 to 1,000 seasons ('2 Seasons')",
        ),
        ({"title": "a\0b"}, "holds a NUL byte"),
    ],
)
def test_a_row_that_cannot_be_a_title_is_rejected_with_its_reason(
    listing: WriteListing, columns: dict[str, str], reason: str
) -> None:
    (note,) = rows_of(listing(columns))

    assert isinstance(note, Note)
    assert (note.line, note.outcome, note.reason) == (2, "rejected", reason)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("s1,Movie,T\n", "3 columns instead of 12"),
        ("s1,Movie,T" + "," * 10 + "\n", "13 columns instead of 12"),
    ],
)
def test_a_row_of_another_width_is_rejected_with_what_names_it(
    listing: WriteListing, row: str, reason: str
) -> None:
    (note,) = rows_of(listing(row))

    assert note == Note(2, "s1", "rejected", reason, "T")


@pytest.mark.parametrize("text", ["", "\n\n", "a,b\n1,2\n", HEADER.replace("title", "name"), '"show_id'])
def test_a_file_with_another_header_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "f.csv"
    path.write_text(text)

    with pytest.raises(Unreadable, match="This is no listing: its first line must be show_id,type,"):
        rows_of(path)


def test_equal_rows_have_equal_digests_however_they_are_blanked(listing: WriteListing) -> None:
    one = row_of(listing({}))
    same = row_of(listing({"title": "The  Long Night ", "country": "Spain,"}))
    other = row_of(listing({"country": "Portugal"}))

    assert one.digest == same.digest
    assert one.digest != other.digest
