"""Rows of a title's tables are read by the names of their columns."""

from dataclasses import replace
from uuid import UUID

import pytest

from catalog.importing.children import KINDS, OWN, TRANSLATIONS, Kind, rows_of
from catalog.importing.records import Title, Translation

CONTENT = UUID(int=7)


def test_a_column_that_is_added_or_moved_shifts_none_of_those_that_are_read() -> None:
    rows = rows_of(
        TRANSLATIONS,
        CONTENT,
        Title("Nachts", "movie", translations=(Translation("fr", "La nuit", "Nuit, La"),)),
    )
    (row,) = rows.values()
    turned = replace(TRANSLATIONS, columns=("added", *reversed(TRANSLATIONS.columns)))

    for kind, values in ((TRANSLATIONS, row), (turned, (None, *reversed(row)))):
        assert kind.picking("title", "language", "sort_title")(values) == ("La nuit", "fr", "Nuit, La")
        assert kind.picking("language")(values) == "fr"


def test_a_column_that_there_is_not_cannot_be_read() -> None:
    with pytest.raises(ValueError, match="tuple"):
        TRANSLATIONS.picking("subtitle")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.table)
def test_columns_are_those_of_the_table(kind: Kind) -> None:
    assert kind.columns[:2] == OWN
    assert set(kind.columns) <= {field.attname for field in kind.model._meta.concrete_fields}
    assert len(set(kind.columns)) == len(kind.columns)
