"""What formats let through the columns hold, each of those that a limit is used for."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from catalog import models
from catalog.importing import limits
from catalog.importing.imdb import reading
from catalog.importing.listing import title_of
from catalog.importing.mec.details import Reading, minutes
from catalog.importing.xml import Element
from catalog.models.titles import MOST_MINUTES
from tests.factories import ContentFactory

TITLED = (models.Content, models.Translation, models.Season, models.Episode)
COLUMNS: list[tuple[int, list[tuple[Any, str]]]] = [
    (
        limits.LONGEST_TITLE,
        [
            *((model, "title") for model in TITLED),
            *((models.Content, name) for name in ("original_title", "sort_title")),
            (models.Translation, "sort_title"),
        ],
    ),
    (limits.LONGEST_OTHER_TITLE, [(models.AlternativeTitle, "title")]),
    (limits.LONGEST_KEY, [(models.Source, "value"), (models.ExternalId, "value")]),
    (
        limits.LONGEST_NAME,
        [(models.Person, "name"), (models.Credit, "character_name"), (models.Credit, "credited_as")],
    ),
    (limits.LONGEST_JOB, [(models.Credit, "job"), (models.Person, "role")]),
    (limits.LONGEST_GENRE, [(models.Genre, "name"), (models.Keyword, "name")]),
    (limits.LONGEST_STUDIO, [(models.Studio, "name")]),
    (limits.LONGEST_RATING, [(models.MaturityRating, "system"), (models.MaturityRating, "value")]),
]


@pytest.mark.parametrize(
    ("limit", "model", "column"),
    [(limit, model, column) for limit, columns in COLUMNS for model, column in columns],
)
def test_a_text_of_the_longest_length_fits_its_column(limit: int, model: Any, column: str) -> None:
    assert model._meta.get_field(column).max_length == limit


def minutes_in_listing(number: int) -> int | None:
    record = {
        **{"show_id": "s1", "type": "Movie", "title": "Night", "description": "", "rating": ""},
        **dict.fromkeys(("director", "cast", "country", "listed_in"), ()),
        **{"date_added": "", "release_year": 2019, "duration": f"{number} min"},
    }
    try:
        return title_of(record).duration_minutes
    except ValueError:
        return None


def minutes_in_dump(number: int) -> int | None:
    columns = ("tconst", "titleType", "primaryTitle", "originalTitle", "isAdult", "startYear", "endYear")
    record = dict(zip(columns, ("tt0000001", "movie", "Night", "Night", "0", None, None), strict=True))
    said = {**record, "runtimeMinutes": str(number), "genres": None}
    return reading.title_of(said, {}).duration_minutes


def minutes_in_mec(number: int) -> int | None:
    basic = Element("md:Basic", children=[Element("md:RunLength", text=f"PT{number}M")])
    return minutes(basic, Reading())


@pytest.mark.parametrize("read", [minutes_in_listing, minutes_in_dump, minutes_in_mec])
def test_every_format_takes_the_longest_duration_that_a_title_may_have_and_none_beyond(read: Any) -> None:
    assert (read(MOST_MINUTES), read(MOST_MINUTES + 1)) == (MOST_MINUTES, None)
    ContentFactory.build(duration_minutes=MOST_MINUTES).clean_fields()
    with pytest.raises(ValidationError):
        ContentFactory.build(duration_minutes=MOST_MINUTES + 1).clean_fields()
