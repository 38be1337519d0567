"""All rows of a title in one statement: its own columns, and each child table as one JSON value.

Every subquery names the title by its id, not by a reference to the outer row: so on Citus the statement is one task on
one shard, and while the catalog is being distributed, each subquery over a table that still lies elsewhere is run by
itself. (Citus plans no correlated subquery then.) They are SQL, because Django takes ten times as long to put twelve
of them together as PostgreSQL to answer.

Entry point: `row_of_title`, for what `METADATA_FIELDS`, `GATE_FIELDS` and `CHILDREN` name. Failure:
`django.db.Error`s.
"""

from typing import Any
from uuid import UUID

import orjson
from django.db.models import TextField
from django.db.models.expressions import RawSQL

from catalog.models import Content
from catalog.visibility import GATE_FIELDS, Audience

COLUMNS = (
    *("content_id", "title", "original_title", "release_date", "duration_minutes", "content_type", "summary"),
    *("thumbnail_url", "trailer_url", "rating", "created_at", "updated_at", "published_at", "sort_title"),
    *("tagline", "original_language", "countries", "rating_count"),
)
# What is told of a title's rows, by the name it has there. The one parameter of each is the title's id.
CHILDREN = {
    "genres": """
        SELECT genre_id, name FROM content_genres JOIN genres USING (genre_id)
         WHERE content_id = %s ORDER BY name""",
    "keywords": """
        SELECT keyword_id, name FROM content_keywords JOIN keywords USING (keyword_id)
         WHERE content_id = %s ORDER BY name""",
    "studios": """
        SELECT studio_id, name FROM content_studios JOIN studios USING (studio_id)
         WHERE content_id = %s ORDER BY name""",
    "cast": """
        SELECT person_id, person.name AS person_name, coalesce(nullif(job, ''), person.role) AS role,
               character_name, billing_order, department, credited_as
          FROM content_cast_crew JOIN cast_crew AS person USING (person_id)
         WHERE content_id = %s ORDER BY billing_order, content_cast_crew.id""",
    "translations": """
        SELECT language, title, sort_title, tagline, summary_190, summary_400, summary_4000
          FROM content_translations WHERE content_id = %s ORDER BY language""",
    "alternative_titles": """
        SELECT title, country, language, kind
          FROM alternative_titles WHERE content_id = %s ORDER BY title, country, id""",
    "artwork": """
        SELECT kind, language, url, width, height, focal_x, focal_y, is_primary
          FROM artwork WHERE content_id = %s ORDER BY kind, language, id""",
    "videos": """
        SELECT kind, title, url, language, duration_seconds
          FROM videos WHERE content_id = %s ORDER BY position, id""",
    "markers": """
        SELECT kind, start_seconds, end_seconds
          FROM markers WHERE content_id = %s AND episode_id IS NULL ORDER BY start_seconds, id""",
    "external_ids": """
        SELECT scheme, value FROM external_ids WHERE content_id = %s ORDER BY scheme, value""",
    "maturity_ratings": """
        SELECT system, country, value, descriptors
          FROM maturity_ratings WHERE content_id = %s ORDER BY system, country, id""",
    "windows": """
        SELECT territory, licence, starts_at, ends_at FROM availability_windows
         WHERE content_id = %s ORDER BY territory, licence, starts_at NULLS FIRST, id""",
}
COUNTS = {
    "season_count": "SELECT count(*) FROM seasons WHERE content_id = %s",
    "episode_count": "SELECT count(*) FROM episodes WHERE content_id = %s",
}
GATHERED = "coalesce((SELECT json_agg(each_row) FROM ({}) AS each_row), '[]'::json)"
CHILDREN_AS_JSON = "json_build_object({})::text".format(
    ", ".join(
        [
            *(f"'{name}', {GATHERED.format(rows)}" for name, rows in CHILDREN.items()),
            *(f"'{name}', ({count})" for name, count in COUNTS.items()),
        ]
    )
)
METADATA_FIELDS = (*COLUMNS, *COUNTS)


def row_of_title(content_id: UUID, audience: Audience) -> dict[str, Any] | None:
    """By one query; None where this audience sees no such title. Instants of windows are in PostgreSQL's spelling of
    them in JSON."""
    named = [content_id] * CHILDREN_AS_JSON.count("%s")
    rows_and_counts = RawSQL(CHILDREN_AS_JSON, named, output_field=TextField())  # noqa: S611  # of constants
    titles = Content.objects.public(audience).filter(content_id=content_id)
    columns = dict.fromkeys((*COLUMNS, *GATE_FIELDS))
    row = titles.annotate(rows_and_counts=rows_and_counts).values(*columns, "rows_and_counts").first()
    return row and {**row, **orjson.loads(row.pop("rows_and_counts"))}
