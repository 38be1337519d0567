"""What the catalog's columns hold, for all formats: what does not fit they reject, or cut.

Widths are asked of the models, in characters; the longest duration is `catalog.models.titles.MOST_MINUTES`. Failure:
none.
"""

from typing import Any

from catalog.models import AlternativeTitle, Content, Credit, Genre, MaturityRating, Source, Studio

FIRST_YEAR = 1870  # nothing that moves was recorded before


def _width(model: Any, column: str) -> int:
    return int(model._meta.get_field(column).max_length)


LONGEST_KEY = _width(Source, "value")  # of a source's own ids
LONGEST_TITLE = _width(Content, "title")  # of seasons, episodes and translations as well
LONGEST_OTHER_TITLE = _width(AlternativeTitle, "title")
LONGEST_NAME = _width(Credit, "character_name")  # of people as well
LONGEST_JOB = _width(Credit, "job")
LONGEST_GENRE = _width(Genre, "name")  # and keyword
LONGEST_STUDIO = _width(Studio, "name")
LONGEST_RATING = _width(MaturityRating, "value")  # and system
