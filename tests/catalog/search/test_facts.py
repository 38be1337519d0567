"""What documents are made of is in an order of its own, whatever database the rows come from."""

import re

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from catalog.models import Content
from catalog.search.documents import document_of
from catalog.search.facts import Texts, facts_of, names_in_order
from streaming.stores.aliases import CATALOG
from tests.factories import (
    AlternativeTitleFactory,
    ArtworkFactory,
    ContentFactory,
    TranslationFactory,
    with_children,
)

STATEMENT = re.compile(r"SELECT (?:DISTINCT ON \(.+?\) )?(?P<columns>.+?) FROM .+? ORDER BY (?P<order>.+)")


def ordered_by(statement: str) -> list[str]:
    """The columns that a query orders by; Django names those that it selects by their places."""
    said = STATEMENT.fullmatch(statement)
    if said is None:
        return []
    columns = [column.partition(" AS ")[0] for column in said["columns"].split(", ")]
    terms = [term.removesuffix(" ASC").removesuffix(" DESC") for term in said["order"].split(", ")]
    named = [columns[int(term) - 1] if term.isdecimal() else term for term in terms]
    return [name.rpartition(".")[2].strip('"') for name in named]


@pytest.fixture
def content(stores: None) -> Content:
    """Its rows stand in the table in no order, of names that collations order otherwise than code points do."""
    content = ContentFactory(title="Night Ferry", genres=["thriller", "Épopée", "Drama"])
    for language in ("pt-BR", "ptq", "de"):
        TranslationFactory(content=content, language=language, title=f"Ferry {language}")
        ArtworkFactory(content=content, language=language)
    for title in ("the last boat", "Östersjön", "Zebra"):
        AlternativeTitleFactory(content=content, title=title)
    return content


def test_names_are_ordered_by_code_points(content: Content) -> None:
    (facts,) = facts_of([content.content_id])

    assert facts.other_titles == [
        *("Ferry de", "Ferry pt-BR", "Ferry ptq"),
        *("Zebra", "the last boat", "Östersjön"),
    ]
    assert [name for _, name in facts.genres] == ["Drama", "thriller", "Épopée"]
    document = document_of(facts)
    assert document["labels"] == "drama thriller epopee"
    assert [poster["language"] for poster in document["shown"]["posters"]] == ["de", "pt-BR", "ptq"]


def test_no_order_of_a_document_is_left_to_the_collation_of_the_database(content: Content) -> None:
    """Keeps away documents of one database that a check calls wrong in another, as after a move to another system."""
    with_children(content, 2)
    with CaptureQueriesContext(connections[CATALOG]) as queries:
        facts_of([content.content_id])

    assert len(queries) == 8
    ordered = {column for said in queries for column in ordered_by(said["sql"])}
    # Which every database orders alike, but for languages: these are put in order again.
    assert ordered == {"content_id", "billing_order", "id", "is_primary", "language"}


def test_texts_follow_their_language_and_the_longest_summary_counts() -> None:
    told = names_in_order(
        translations=[Texts("fr", "Bac", "", "Court.", "", ""), Texts("de", "", "Nachts", "a", "ab", "abc")],
        alternative_titles=[],
        genres=[],
        keywords=[(2, "Boats"), (1, "boats"), (3, "Ships")],
        studios=[(9, "Paper Moon")],
    )

    assert told == {
        "titles_by_language": {"fr": "Bac"},
        "other_titles": ["", "Bac"],
        "other_texts": ["Nachts", "abc", "", "Court."],
        "genres": [],
        "keywords": [(2, "Boats"), (3, "Ships"), (1, "boats")],
        "studio_ids": [9],
    }
