"""Writing, emptying and counting what is seeded in the catalog."""

from django.db import connections, models
from psycopg2 import sql

from catalog.changes.keeping import changes_fill
from catalog.models import Content, Credit, Genre, Person, Season
from catalog.search.rebuilding import documents_fill
from catalog.seeding import rows
from catalog.seeding.plan import TitlePlan
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.writing import mixed_transaction
from streaming.stores.copying import analyze, copy_lines, copy_rows
from streaming.stores.seeded import Track

PERSON_COLUMNS = ("person_id", "name", "role", "biography", "date_of_birth")
CONTENT_COLUMNS = (
    "content_id",
    "title",
    "original_title",
    "content_type",
    "duration_minutes",
    "thumbnail_url",
    "summary",
    "rating",
    "rating_count",
    "release_date",
    "status",
    "published_at",
    "created_at",
    "updated_at",
    "next_change_at",
)
GENRE_LINK_COLUMNS = ("id", "content_id", "genre_id")
CREDIT_COLUMNS = ("id", "content_id", "person_id", "job", "character_name", "billing_order")
SEASON_COLUMNS = ("id", "content_id", "number")
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
}


def titles_load(plan: TitlePlan, track: Track) -> None:
    """Writes genres, people, titles and their children into empty tables, in one transaction; then what follows from
    them: search documents and the feed of changes.
    """
    with mixed_transaction(CATALOG):
        copy_rows(CATALOG, "genres", ("genre_id", "name"), list(enumerate(rows.GENRES, 1)))
        analyze(CATALOG, "genres")
        for table, columns, lines, what, total in (
            ("cast_crew", PERSON_COLUMNS, rows.person_lines(plan), "people", sum(map(len, plan.people))),
            ("content_metadata", CONTENT_COLUMNS, rows.content_lines(plan), "titles", len(plan.ids)),
            ("content_genres", GENRE_LINK_COLUMNS, rows.genre_lines(plan), "genre links", None),
            ("content_cast_crew", CREDIT_COLUMNS, rows.credit_lines(plan), "credits", None),
            ("seasons", SEASON_COLUMNS, rows.season_lines(plan), "seasons", None),
        ):
            copy_lines(CATALOG, table, columns, track(lines, what, total))
            analyze(CATALOG, table)
        _repair_sequence("genres", "genre_id")
        _repair_sequence("content_genres", "id")
    for _ in track(documents_fill(), "search documents", len(plan.ids)):
        pass
    analyze(CATALOG, "search_documents", "search_words")
    changes_fill()


def catalog_empty() -> None:
    """Deletes every title with all that hangs on it, every person and every genre."""
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
