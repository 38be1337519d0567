"""What is added to indexes of words and arrays waits in shorter lists, which every search reads: see
`catalog.models.inverted`. Set in place: made anew, the indexes of a million titles would take minutes.
"""

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import migrations
from django.db.models import Index

PENDING = 512  # kB
SET = f"ALTER INDEX {{}} SET (gin_pending_list_limit = {PENDING})"
RESET = "ALTER INDEX {} RESET (gin_pending_list_limit)"
COLUMNS = {
    "search_titles": "titles",
    "search_named": "named",
    "search_document": "document",
    "search_keys": "keys",
    "search_genres": "genre_ids",
    "search_people": "person_ids",
    "search_keywords": "keyword_ids",
    "search_studios": "studio_ids",
    "search_countries": "countries",
    "search_maturity": "maturity",
}


def shortened(
    model: str, *expressions: Any, name: str, fields: tuple[str, ...] = ()
) -> migrations.SeparateDatabaseAndState:
    index: Index = GinIndex(*expressions, name=name, fields=fields, gin_pending_list_limit=PENDING)
    return migrations.SeparateDatabaseAndState(
        database_operations=[migrations.RunSQL(SET.format(name), RESET.format(name))],
        state_operations=[migrations.RemoveIndex(model, name), migrations.AddIndex(model, index)],
    )


class Migration(migrations.Migration):
    atomic = False  # each index is locked by itself, and for a moment

    dependencies = [("catalog", "0011_changes_of_hidden_titles")]

    operations = [
        *(shortened("searchdocument", name=name, fields=(column,)) for name, column in COLUMNS.items()),
        shortened("searchword", name="search_words_by_spelling", fields=("spellings",)),
        shortened("person", SearchVector("name", config="simple"), name="cast_crew_words"),
    ]
