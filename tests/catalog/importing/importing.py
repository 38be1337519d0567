"""Running `import_titles` from a test, and all that an import leaves in the catalog."""

import io
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management import call_command
from django.db import connections

from catalog.importing import identity
from catalog.models import Content
from streaming.stores.aliases import CATALOG

COMPARED = {
    "genres": "name",
    "keywords": "name",
    "studios": "name",
    "cast_crew": "*",
    "content_metadata": "content_id, title, original_title, sort_title, tagline, original_language, countries, "
    "release_date, duration_minutes, content_type, summary, thumbnail_url, trailer_url, rating, rating_count, "
    "status, published_at, availability::text, maturity, next_change_at",
    "content_cast_crew": "*",
    "seasons": "*",
    "episodes": "*",
    "alternative_titles": "*",
    "content_translations": "*",
    "artwork": "*",
    "videos": "*",
    "maturity_ratings": "*",
    "availability_windows": "*",
    "external_ids": "*",
    "external_id_claims": "*",
    "content_sources": "id, content_id, scheme, value, record::text, digest, kept_out",
    "search_documents": "content_id, status, published_at, availability::text, maturity, content_type, year, runtime, "
    "rating, popularity, sort_title, countries, person_ids, keys, names, people, labels, summaries, is_stale",
    "search_words": "word, spellings",
    "content_changes": "content_id, kind, shown",
}
SHARED = (
    "cast_crew",
    "genres",
    "keywords",
    "studios",
    "search_words",
)  # which outlive the rows that named them
GENRE_LINKS = "SELECT content_id, name FROM content_genres JOIN genres USING (genre_id) ORDER BY 1, 2"


def import_titles(path: Path, **options: Any) -> list[str]:
    """The lines that the command prints."""
    out = io.StringIO()
    call_command("import_titles", path, stdout=out, **options)
    return out.getvalue().splitlines()


def id_of(show_id: str) -> UUID:
    return identity.content_id("listing", show_id)


def title_of(show_id: str) -> Content:
    return Content.objects.get(content_id=id_of(show_id))


def whole_catalog() -> dict[str, list[tuple[Any, ...]]]:
    """Every row that an import writes, without its moments and the numbers of genres."""
    with connections[CATALOG].cursor() as cursor:
        rows: dict[str, list[tuple[Any, ...]]] = {}
        for table, columns in COMPARED.items():
            cursor.execute(f"SELECT {columns} FROM {table}")
            rows[table] = sorted(cursor.fetchall(), key=repr)
        cursor.execute(GENRE_LINKS)
        rows["content_genres"] = cursor.fetchall()
        return rows
