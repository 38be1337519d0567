"""The format "listing": one CSV row for each title, as in the public "Movies and TV Shows" listings.

Columns are `COLUMNS`, in this order. How a row reads:

- lists are comma-separated; a stray comma adds nothing;
- names, genres and titles are trimmed, inner white space is one blank, Unicode is in form NFC;
- `release_year` is all there is of a date: the release date is January 1 of that year;
- `duration` is minutes for a movie and a number of seasons for a show; where it stands in `rating` and
  `duration` is empty, it is put back and the row noted as mended;
- `date_added` is when the title became public, at midnight UTC; without it, the release date is;
- `country` names countries of origin, in English; a name that is no country's stays in the record, and is noted;
- `rating` is of the United States: TV Parental Guidelines for what begins with TV-, else the Motion Picture
  Association's. `NR` and `UR` say that there is none.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from catalog.codes import country_named
from catalog.importing.delimited import Delimited, records
from catalog.importing.files import BrokenOff, SourceFile, Unreadable
from catalog.importing.limits import (
    FIRST_YEAR,
    LONGEST_GENRE,
    LONGEST_KEY,
    LONGEST_NAME,
    LONGEST_RATING,
    LONGEST_TITLE,
)
from catalog.importing.records import (
    Credit,
    MaturityRating,
    Note,
    Record,
    Rejected,
    Row,
    Season,
    Title,
    rejection,
)
from catalog.models import Content
from catalog.models.titles import MOST_MINUTES
from streaming.stores.units import counted

COLUMNS = (
    "show_id",
    "type",
    "title",
    "director",
    "cast",
    "country",
    "date_added",
    "release_year",
    "rating",
    "duration",
    "listed_in",
    "description",
)
KINDS = {"Movie": Content.Kind.MOVIE, "TV Show": Content.Kind.SERIES}
JOBS = (("director", "Director", "Directing"), ("cast", "Actor", "Acting"))
SYSTEM_OF_TELEVISION, SYSTEM_OF_CINEMA = "TVPG", "MPA"
UNRATED = ("", "NR", "UR")
EDITION = 2  # 1 had no use for country and rating
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
MOST_SEASONS = 1000
MOST_NAMES = 2000  # a row's rows in the database are bounded, as its bytes are

DURATION = re.compile(r"([0-9]{1,5}) (min|Seasons?)")
DATE = re.compile(r"([A-Z][a-z]+) ([0-9]{1,2}), ([0-9]{4})")
YEAR = re.compile(r"[0-9]{4}")


class Listing:
    """The format, for the pipeline."""

    scheme = "listing"
    key_name = "show_id"
    is_sorted = False

    def rows(self, file: SourceFile) -> Iterator[Row | Note]:
        """See `records.Format`."""
        found = records(file)
        _expect_header(found)
        for read in found:
            yield _row(read)

    def title_of(self, record: Record) -> Title:
        """See `records.Format`."""
        return title_of(record)


def title_of(record: Record) -> Title:
    """What a record says in the catalog's terms. Raises `Rejected`."""
    series = record["type"] == "TV Show"
    amount = _amount(record["duration"], "Season" if series else "min")
    released = date(record["release_year"], 1, 1)
    added = date.fromisoformat(record["date_added"]) if record["date_added"] else released
    return Title(
        title=record["title"],
        content_type=KINDS[record["type"]],
        summary=record["description"],
        release_date=released,
        duration_minutes=None if series else amount,
        published_at=datetime.combine(added, time.min, tzinfo=UTC),
        seasons=tuple(map(Season, range(1, amount + 1))) if series else (),
        countries=tuple(dict.fromkeys(filter(None, map(country_named, record["country"])))),
        maturity_ratings=_maturity(record["rating"]),
        genres=tuple(dict.fromkeys(record["listed_in"])),
        credits=tuple(
            dict.fromkeys(
                Credit(job, name, department) for column, job, department in JOBS for name in record[column]
            )
        ),
    )


def _maturity(rating: str) -> tuple[MaturityRating, ...]:
    if rating in UNRATED:
        return ()
    system = SYSTEM_OF_TELEVISION if rating.startswith("TV-") else SYSTEM_OF_CINEMA
    return (MaturityRating(system=system, value=rating, country="US"),)


def _expect_header(found: Iterator[Delimited]) -> None:
    try:
        header = next(found, None)
    except BrokenOff as error:
        raise Unreadable(f"Nothing could be read: {error}.") from error
    names = [name.strip() for name in header.fields] if header and not header.problem else []
    if names != list(COLUMNS):
        raise Unreadable(f"This is no listing: its first line must be {','.join(COLUMNS)}.")


def _row(read: Delimited) -> Row | Note:
    printed = dict(zip(COLUMNS, read.fields, strict=False))
    try:
        if read.problem:
            raise Rejected(read.problem)
        if len(read.fields) != len(COLUMNS):
            raise Rejected(f"{counted(len(read.fields), 'column')} instead of {len(COLUMNS)}")
        record, mended = _record(printed)
        title = title_of(record)
    except Rejected as error:
        return rejection(
            line=read.line,
            reason=str(error),
            key=_clean(printed.get("show_id", "")),
            title=_clean(printed.get("title", "")),
        )
    return Row(read.line, read.size, record["show_id"], record, title, mended, edition=EDITION)


def _record(printed: dict[str, str]) -> tuple[Record, str]:
    """The row as the JSON that is kept, checked but for its duration, and what was mended."""
    rating, duration = _clean(printed["rating"]), _clean(printed["duration"])
    mended = ""
    if not duration and DURATION.fullmatch(rating):
        rating, duration, mended = "", rating, f"duration {rating!r} stood in rating"
    rating = _within("rating", rating, LONGEST_RATING)
    record: Record = {
        "show_id": _filled("show_id", printed, LONGEST_KEY),
        "type": _clean(printed["type"]),
        "title": _filled("title", printed, LONGEST_TITLE),
        "director": _names("director", printed, LONGEST_NAME),
        "cast": _names("cast", printed, LONGEST_NAME),
        "country": _names("country", printed, LONGEST_NAME),
        "date_added": _added(_clean(printed["date_added"])),
        "release_year": _year(_clean(printed["release_year"])),
        "rating": rating,
        "duration": duration,
        "listed_in": _names("listed_in", printed, LONGEST_GENRE),
        "description": unicodedata.normalize("NFC", printed["description"]).strip(),
    }
    if record["type"] not in KINDS:
        raise Rejected(f"type {record['type']!r} is neither {' nor '.join(map(repr, KINDS))}")
    if sum(len(record[column]) for column in ("director", "cast", "listed_in", "country")) > MOST_NAMES:
        raise Rejected(f"more than {MOST_NAMES:,} names and genres")
    unknown = [name for name in record["country"] if country_named(name) is None]
    if unknown:
        mended = "; ".join(filter(None, (mended, f"no country is called {', '.join(map(repr, unknown))}")))
    return record, mended


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _list(text: str) -> list[str]:
    return [part for part in map(_clean, text.split(",")) if part]


def _filled(column: str, printed: dict[str, str], longest: int) -> str:
    text = _clean(printed[column])
    if not text:
        raise Rejected(f"{column} is empty")
    return _within(column, text, longest)


def _names(column: str, printed: dict[str, str], longest: int) -> list[str]:
    return [_within(column, name, longest) for name in _list(printed[column])]


def _within(column: str, text: str, longest: int) -> str:
    if len(text) > longest:
        raise Rejected(f"{column} has {len(text):,} characters, more than {longest}")
    return text


def _added(text: str) -> str | None:
    if not text:
        return None
    found = DATE.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        return date(int(found[3]), MONTHS.index(found[1]) + 1, int(found[2])).isoformat()
    except ValueError:
        raise Rejected(f"date_added {text[:50]!r} is no date like 'September 25, 2021'") from None


def _year(text: str) -> int:
    if not YEAR.fullmatch(text) or int(text) < FIRST_YEAR:
        raise Rejected(f"release_year {text[:50]!r} is no year from {FIRST_YEAR} on")
    return int(text)


def _amount(duration: str, unit: str) -> int:
    found = DURATION.fullmatch(duration)
    most = MOST_MINUTES if unit == "min" else MOST_SEASONS
    if found is None or found[2].removesuffix("s") != unit or not 1 <= int(found[1]) <= most:
        wanted = (
            f"1 to {most:,} minutes ('90 min')" if unit == "min" else f"1 to {most:,} seasons ('2 Seasons')"
        )
        raise Rejected(f"duration {duration[:50]!r} is not {wanted}")
    return int(found[1])
