"""What a title's record from the dumps says, in the catalog's terms.

A record has `title.basics` column by column and, by the name of each other file, its rows less the title's id, cells
as they were read, null for `\\N`. `checked` sees to it that a record can be read before it is one; `title_of` reads it.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson

from catalog.codes import canonical_language, is_country
from catalog.importing.imdb.aside import Name
from catalog.importing.limits import (
    FIRST_YEAR,
    LONGEST_GENRE,
    LONGEST_JOB,
    LONGEST_NAME,
    LONGEST_OTHER_TITLE,
    LONGEST_TITLE,
)
from catalog.importing.records import (
    AlternativeTitle,
    Credit,
    Episode,
    ExternalId,
    Person,
    Record,
    Rejected,
    Title,
)
from catalog.models import Content
from catalog.models.titles import MOST_MINUTES

SERIES_TYPES = frozenset({"tvSeries", "tvMiniSeries"})
MOVIE_TYPES = frozenset({"movie", "short", "tvMovie", "tvShort", "tvSpecial", "tvPilot", "video"})
DOCUMENTARY = "Documentary"
LAST_YEAR = 2199
WHOLE = re.compile(r"[0-9]{1,9}")  # what the columns hold
RATING = re.compile(r"10(?:\.0)?|[0-9](?:\.[0-9])?")
YEARS = re.compile(r"[0-9]{4}")
BETWEEN_CHARACTERS = " / "
BETWEEN_TYPES = "\x02"

# Department and job of a category; the dump's own word for it else.
CATEGORIES = {
    "actor": ("Acting", "Actor"),
    "actress": ("Acting", "Actor"),
    "self": ("Acting", "Self"),
    "archive_footage": ("Acting", "Archive footage"),
    "archive_sound": ("Acting", "Archive sound"),
    "director": ("Directing", "Director"),
    "writer": ("Writing", "Writer"),
    "producer": ("Production", "Producer"),
    "composer": ("Sound", "Composer"),
    "cinematographer": ("Camera", "Cinematographer"),
    "editor": ("Editing", "Editor"),
    "production_designer": ("Art", "Production designer"),
    "casting_director": ("Production", "Casting director"),
}
# Of these the column `job` says what exactly somebody did.
WITH_JOBS = frozenset({"writer", "producer"})
FORMER_COUNTRIES = {
    "SUHH": "SU",
    "DDDE": "DD",
    "YUCS": "YU",
    "CSHH": "CS",
    "CSXX": "CS",
    "XWG": "DE",
    "BUMM": "MM",
}
KINDS_OF_TITLE = {
    "working": "working",
    "original": "original",
    "festival": "festival",
    "dvd": "dvd",
    "video": "dvd",
}


def checked(record: Record) -> str:
    """What of a record's own line was mended. Raises `Rejected` for what cannot become a title."""
    if record["titleType"] not in SERIES_TYPES | MOVIE_TYPES:
        raise Rejected(f"titleType {str(record['titleType'])[:50]!r} is none of the dumps'")
    for column in ("primaryTitle", "originalTitle"):
        if len(record[column] or "") > LONGEST_TITLE:
            raise Rejected(f"{column} has {len(record[column]):,} characters, more than {LONGEST_TITLE}")
    if not (record["primaryTitle"] or "").strip():
        raise Rejected("primaryTitle is empty")
    if record["isAdult"] not in ("0", "1"):
        raise Rejected(f"isAdult {str(record['isAdult'])[:50]!r} is neither 0 nor 1")
    if record["startYear"] is not None and _year(record["startYear"]) is None:
        raise Rejected(f"startYear {record['startYear'][:50]!r} is no year from {FIRST_YEAR} to {LAST_YEAR}")
    if any(len(genre) > LONGEST_GENRE for genre in listed(record["genres"])):
        raise Rejected(f"a genre has more than {LONGEST_GENRE} characters")
    return _mended_runtime(record["runtimeMinutes"])


def _mended_runtime(runtime: str | None) -> str:
    if runtime is None or _minutes(runtime):
        return ""
    if not WHOLE.fullmatch(runtime):
        raise Rejected(f"runtimeMinutes {runtime[:50]!r} is no number")
    return f"runtimeMinutes {runtime} is not 1 to {MOST_MINUTES:,}"


def problem_of_rating(cells: list[str | None]) -> str:
    mean, votes = cells
    if not RATING.fullmatch(mean or ""):
        return f"averageRating {str(mean)[:50]!r} is not 0 to 10 with one decimal"
    return "" if WHOLE.fullmatch(votes or "") else f"numVotes {str(votes)[:50]!r} is no number"


def problem_of_aka(cells: list[str | None]) -> str:
    title = (cells[1] or "").strip()
    if not title:
        return "title is empty"
    if len(title) > LONGEST_OTHER_TITLE:
        return f"title has {len(title):,} characters, more than {LONGEST_OTHER_TITLE:,}"
    return ""


def problem_of_principal(cells: list[str | None]) -> str:
    _, nconst, category, _, characters = cells
    if not nconst or not category:
        return "nconst or category is empty"
    return "" if characters is None or _strings(characters) is not None else "characters is no list"


def title_of(record: Record, names: Mapping[str, Name]) -> Title:
    """`names` are of the people whom it credits; without, they are known by their keys alone."""
    year = _year(record["startYear"])
    mean, votes = record.get("ratings") or (None, None)
    released = date(year, 1, 1) if year else None
    original = (record["originalTitle"] or "").strip()
    title = record["primaryTitle"].strip()
    return Title(
        title=title,
        original_title="" if original == title else original,
        content_type=_kind(record),
        release_date=released,
        published_at=datetime(year, 1, 1, tzinfo=UTC) if year else None,
        duration_minutes=_minutes(record["runtimeMinutes"]),
        rating=Decimal(mean) if mean else None,
        rating_count=int(votes) if votes else 0,
        genres=listed(record["genres"]),
        credits=tuple(_credits(record, names)),
        people={_key(nconst): _person(name) for nconst, name in names.items()},
        episodes=tuple(map(_episode, record.get("episode", ()))),
        alternative_titles=tuple(_other_titles(record, {title, original})),
        external_ids=(ExternalId("imdb", record["tconst"]),),
    )


def _kind(record: Record) -> str:
    if record["titleType"] in SERIES_TYPES:
        return Content.Kind.SERIES
    return Content.Kind.DOCUMENTARY if DOCUMENTARY in listed(record["genres"]) else Content.Kind.MOVIE


def _credits(record: Record, names: Mapping[str, Name]) -> Iterator[Credit]:
    """The principals in their order, then who else directed and wrote; nobody twice in one job."""
    seen = set()
    for _, nconst, category, job, characters in record.get("principals", ()):
        department, usual = CATEGORIES.get(category, ("", category.replace("_", " ").capitalize()))
        exact = job[0].upper() + job[1:] if job and category in WITH_JOBS else usual
        credit = _credit(nconst, (department, exact[:LONGEST_JOB]), names, characters)
        seen.add((credit.person, usual))
        yield credit
    for category, cell in zip(("director", "writer"), record.get("crew", ()), strict=False):
        for nconst in listed(cell):
            if (_key(nconst), CATEGORIES[category][1]) not in seen:
                yield _credit(nconst, CATEGORIES[category], names, None)


def _credit(nconst: str, doing: tuple[str, str], names: Mapping[str, Name], characters: str | None) -> Credit:
    department, job = doing
    return Credit(
        job=job,
        name=names[nconst].name if nconst in names else "",
        department=department,
        character=BETWEEN_CHARACTERS.join(_strings(characters) or ())[:LONGEST_NAME] if characters else "",
        person=_key(nconst),
    )


def _key(nconst: str) -> str:
    return f"imdb:{nconst}"


@lru_cache(maxsize=1 << 14)  # somebody who is in one title is in others
def _person(name: Name) -> Person:
    profession = listed(name.professions)[:1]
    return Person(
        role=profession[0].replace("_", " ").capitalize()[:LONGEST_JOB] if profession else "",
        date_of_birth=_new_year(name.born),
        date_of_death=_new_year(name.died),
    )


def _new_year(text: str | None) -> date | None:
    """The year is all there is of a date. People are born before what they are in."""
    return date(int(text), 1, 1) if text and YEARS.fullmatch(text) and text > "0000" else None


def _episode(said: list[Any]) -> Episode:
    tconst, season, number, title, year, runtime = said
    return Episode(
        season_number=int(season),
        number=int(number),
        title=(title or "").strip()[:LONGEST_TITLE],
        air_date=_new_year(year) if _year(year) else None,
        runtime_minutes=_minutes(runtime),
        key=f"imdb:{tconst}",
    )


def _other_titles(record: Record, known: set[str]) -> Iterator[AlternativeTitle]:
    """Each once for its country, language and kind; the same name elsewhere is no other title."""
    found = set()
    for _, title, region, language, types, attributes, _ in record.get("akas", ()):
        said = AlternativeTitle(
            title=title.strip(),
            country=_country(region),
            language=(canonical_language(language) or "") if language else "",
            kind=_kind_of_title(types, attributes),
        )
        if said.title not in known and said not in found:
            found.add(said)
            yield said


def _country(region: str | None) -> str:
    if region is None:
        return ""
    return region if is_country(region) else FORMER_COUNTRIES.get(region, "")


@lru_cache(maxsize=1 << 6)  # there are hardly more; whole cells are kept
def _kind_of_title(types: str | None, attributes: str | None) -> str:
    if attributes and "transliterated" in attributes:
        return "transliterated"
    if attributes and "short title" in attributes:
        return "short"
    named = (KINDS_OF_TITLE.get(each) for each in (types or "").split(BETWEEN_TYPES))
    return next(filter(None, named), "aka")


def listed(text: str | None) -> tuple[str, ...]:
    """A cell's comma-separated values, each once."""
    return tuple(dict.fromkeys(filter(None, text.split(",")))) if text else ()


def _strings(text: str) -> list[str] | None:
    """A cell that is a JSON list of texts; None for one that is not."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    is_list = isinstance(found, list) and all(isinstance(each, str) for each in found)
    return found if is_list and not any("\0" in each for each in found) else None


def _year(text: str | None) -> int | None:
    return int(text) if text and YEARS.fullmatch(text) and FIRST_YEAR <= int(text) <= LAST_YEAR else None


def _minutes(text: str | None) -> int | None:
    return int(text) if text and WHOLE.fullmatch(text) and 1 <= int(text) <= MOST_MINUTES else None
