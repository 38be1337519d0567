"""Writing, emptying and counting what is seeded in the catalog."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from django.db import connections, models
from psycopg2 import sql

from catalog.changes.keeping import changes_fill
from catalog.models import (
    AlternativeTitle,
    Artwork,
    AvailabilityWindow,
    Collection,
    Content,
    Credit,
    Episode,
    ExternalId,
    Genre,
    Keyword,
    MaturityRating,
    Person,
    Season,
    Studio,
    Translation,
)
from catalog.search.rebuilding import documents_fill
from catalog.seeding import details, episodes, rows
from catalog.seeding.plan import TitlePlan
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.writing import mixed_transaction
from streaming.stores.copying import analyze, copy_lines
from streaming.stores.seeded import Track

CONTENT_COLUMNS = (
    *(
        "content_id",
        "title",
        "original_title",
        "content_type",
        "duration_minutes",
        "thumbnail_url",
        "summary",
    ),
    *("rating", "rating_count", "release_date", "status", "published_at", "created_at", "updated_at"),
    *("next_change_at", "original_language", "countries", "availability", "maturity"),
)
CREDIT_COLUMNS = ("id", "content_id", "person_id", "job", "character_name", "billing_order")
EPISODE_COLUMNS = (
    *("id", "content_id", "season_number", "number", "absolute_number", "title", "summary", "air_date"),
    *("runtime_minutes", "kind"),
)
ID_COLUMNS = ("id", "content_id", "scheme", "value")


class Table(NamedTuple):
    """`what` its rows are to who waits."""

    name: str
    what: str
    columns: Sequence[str]
    lines: Callable[[TitlePlan], Iterable[str]]


# What others point at comes first.
TABLES = (
    Table("genres", "genres", ("genre_id", "name"), partial(details.term_lines, rows.GENRES)),
    Table("keywords", "keywords", ("keyword_id", "name"), partial(details.term_lines, details.KEYWORDS)),
    Table("studios", "studios", ("studio_id", "name"), partial(details.term_lines, details.STUDIOS)),
    Table(
        "collections",
        "collections",
        ("collection_id", "name", "summary", "rule", "is_published"),
        details.collection_lines,
    ),
    Table(
        "cast_crew",
        "people",
        ("person_id", "name", "role", "biography", "date_of_birth"),
        rows.person_lines,
    ),
    Table("content_metadata", "titles", CONTENT_COLUMNS, rows.content_lines),
    Table("content_genres", "genre links", ("id", "content_id", "genre_id"), rows.genre_lines),
    Table("content_keywords", "keyword links", ("id", "content_id", "keyword_id"), details.keyword_lines),
    Table("content_studios", "studio links", ("id", "content_id", "studio_id"), details.studio_lines),
    Table("content_cast_crew", "credits", CREDIT_COLUMNS, rows.credit_lines),
    Table("seasons", "seasons", ("id", "content_id", "number"), episodes.season_lines),
    Table("episodes", "episodes", EPISODE_COLUMNS, episodes.episode_lines),
    Table(
        "availability_windows",
        "windows",
        ("id", "content_id", "territory", "licence", "starts_at", "ends_at"),
        details.window_lines,
    ),
    Table(
        "maturity_ratings",
        "maturity ratings",
        ("id", "content_id", "system", "country", "value", "descriptors"),
        details.rating_lines,
    ),
    Table(
        "content_translations",
        "translations",
        ("id", "content_id", "language", "title", "summary_190"),
        details.translation_lines,
    ),
    Table(
        "alternative_titles",
        "alternative titles",
        ("id", "content_id", "title", "language", "kind"),
        details.alternative_lines,
    ),
    Table(
        "artwork",
        "artwork",
        ("id", "content_id", "kind", "url", "width", "height", "is_primary"),
        details.artwork_lines,
    ),
    Table("external_ids", "external ids", ID_COLUMNS, details.external_id_lines),
    Table("external_id_claims", "claims of ids", ID_COLUMNS, details.claim_lines),
    Table(
        "collection_items",
        "picks",
        ("id", "content_id", "collection_id", "position"),
        details.picked_lines,
    ),
)
# Columns that get a number of their own from then on.
NUMBERED = (
    *(("genres", "genre_id"), ("keywords", "keyword_id"), ("studios", "studio_id")),
    *(("content_genres", "id"), ("content_keywords", "id"), ("content_studios", "id")),
)
# Their children go with them; the levels of maturity are no demo data.
EMPTIED = (
    *("content_metadata", "cast_crew", "genres", "keywords", "studios", "collections"),
    *("external_id_claims", "content_changes", "search_words"),
)
COUNTED: dict[str, type[models.Model]] = {
    "titles": Content,
    "people": Person,
    "genres": Genre,
    "genre links": Content.genres.through,
    "credits": Credit,
    "seasons": Season,
    "episodes": Episode,
    "keywords": Keyword,
    "studios": Studio,
    "windows": AvailabilityWindow,
    "maturity ratings": MaturityRating,
    "translations": Translation,
    "alternative titles": AlternativeTitle,
    "artwork": Artwork,
    "external ids": ExternalId,
    "collections": Collection,
}


def titles_load(plan: TitlePlan, track: Track) -> None:
    """Writes titles, what they share and their children into empty tables, in one transaction; then what follows from
    them: search documents and the feed of changes.
    """
    sizes = {"people": sum(map(len, plan.people)), "titles": len(plan.ids)}
    with mixed_transaction(CATALOG):
        for table, what, columns, lines in TABLES:
            copy_lines(CATALOG, table, columns, track(lines(plan), what, sizes.get(what)))
            analyze(CATALOG, table)
        for table, column in NUMBERED:
            _repair_sequence(table, column)
    for _ in track(documents_fill(), "search documents", len(plan.ids)):
        pass
    analyze(CATALOG, "search_documents", "search_words")
    changes_fill()


def catalog_empty() -> None:
    """Deletes every title with all that hangs on it, and what titles share, from people to collections."""
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(EMPTIED)} CASCADE")


def catalog_counts() -> dict[str, int]:
    """Rows that the catalog holds now."""
    return {what: model._default_manager.using(CATALOG).count() for what, model in COUNTED.items()}


def _repair_sequence(table: str, column: str) -> None:
    """Rows with explicit ids left the sequence behind; the next automatic id would collide.

    Asked apart: in one statement with the table, Citus would set the sequence of whichever node answers.
    """
    highest = sql.SQL("SELECT max({}) FROM {}").format(sql.Identifier(column), sql.Identifier(table))
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(highest)
        (last,) = cursor.fetchone()
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence(%s, %s), %s, %s)",
            [table, column, last or 1, last is not None],
        )
