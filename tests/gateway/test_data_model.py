"""The picture of the data model is what the models say."""

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from streaming.gateway import data_model
from streaming.gateway.data_model import AREAS, BEGIN, END, picture, with_picture
from streaming.gateway.management.commands.data_model import DOCUMENT


def test_the_document_has_the_present_picture() -> None:
    text = DOCUMENT.read_text()

    assert with_picture(text) == text, "Run `manage.py data_model`."


def test_the_picture_has_every_table_once_with_every_column() -> None:
    drawn = picture()

    for labels in AREAS.values():
        for label in labels:
            table = apps.get_model(label)._meta
            _, _, box = drawn.partition(f"\n    {table.db_table} {{\n")
            columns = [line.split()[1] for line in box.partition("    }")[0].splitlines()]
            assert sorted(columns) == sorted(field.column for field in table.concrete_fields), label
            assert drawn.count(f"\n    {table.db_table} {{\n") == 1


def test_keys_and_references_are_those_of_the_database() -> None:
    drawn = picture()

    for line in (
        "    content_metadata ||--o{ episodes : content_id",
        "    episodes |o..o{ markers : episode_id",
        "    content_metadata ||--o| search_documents : content_id",
        "    cast_crew |o--o{ cast_crew : merged_into_id",
        "    external_id_claims {\n        varchar(255) value PK\n        varchar(50) scheme PK",
        "    content_genres {\n        uuid content_id PK, FK\n        bigint genre_id PK, FK\n        bigint id\n",
        "seasons (content_id, number); episodes (content_id, season_number, number);",
        "artwork (content_id, kind, language) among is_primary.",
        "On Citus with the title: availability_windows, maturity_ratings; on every node: maturity_levels.",
    ):
        assert line in drawn, line


def test_a_table_that_no_area_has_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = {
        title: tuple(label for label in labels if label != "catalog.video") for title, labels in AREAS.items()
    }
    monkeypatch.setattr(data_model, "AREAS", fewer)

    with pytest.raises(LookupError, match=r"No area of streaming\.gateway\.data_model has catalog\.video\."):
        picture()
    with pytest.raises(CommandError, match=r"catalog\.video"):
        call_command("data_model")


def test_what_stands_around_the_picture_stays() -> None:
    assert (
        with_picture(f"before\n{BEGIN}\nold\n{END}\nafter")
        == f"before\n{BEGIN}\n\n{picture()}\n\n{END}\nafter"
    )
    with pytest.raises(ValueError, match="no place for the picture"):
        with_picture("a text without marks")
