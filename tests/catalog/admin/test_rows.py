"""The tables on a title's pages: each is added to, changed and taken from, and says what is wrong at its row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from catalog.models import (
    AlternativeTitle,
    Artwork,
    AvailabilityWindow,
    CollectionItem,
    Content,
    Credit,
    Episode,
    EpisodeOrder,
    ExternalId,
    ExternalIdClaim,
    Marker,
    MaturityRating,
    Season,
    Translation,
    Video,
)
from tests.admin_pages import values_of
from tests.catalog.admin.pages import as_stored, page_of, row_errors, rows, save, saved_or_errors
from tests.factories import (
    ArtworkFactory,
    CollectionFactory,
    ContentFactory,
    EpisodeFactory,
    ExternalIdFactory,
    PersonFactory,
    SeasonFactory,
    WindowFactory,
    indexed,
)

Row = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """A table on one of a title's pages: what is typed into a new row, what then becomes of it, a later change."""

    page: str
    prefix: str
    model: Any
    typed: Callable[[Content], Row]
    stored: Row
    change: Row


def of_episode(content: Content) -> Row:
    SeasonFactory(content=content, number=1)
    EpisodeFactory(content=content, season_number=1, number=3)
    return {"order": "dvd", "season_number": "2", "number": "1", "episode": "1x3"}


TABLES = [
    Table(
        "credits",
        "credits",
        Credit,
        lambda content: {
            "person": str(PersonFactory().pk),
            "department": "Acting",
            "job": "Actor",
            "character_name": "Maria",
            "credited_as": "B. Helm",
        },
        {"department": "Acting", "job": "Actor", "character_name": "Maria", "credited_as": "B. Helm"},
        {"credited_as": "Gitte Helm"},
    ),
    Table(
        "episodes",
        "seasons",
        Season,
        lambda content: {"number": "0", "title": "Specials", "summary": "Extras."},
        {"number": 0, "title": "Specials", "summary": "Extras."},
        {"title": "More specials"},
    ),
    Table(
        "episodes",
        "episodes",
        Episode,
        lambda content: {
            "season_number": "2",
            "number": "1",
            "absolute_number": "11",
            "title": "Beginnings and Endings",
            "air_date": "2019-06-21",
            "runtime_minutes": "54",
            "kind": "standard",
            "production_code": "201",
            "summary": "Six months later.",
        },
        {
            "season_number": 2,
            "number": 1,
            "absolute_number": 11,
            "runtime_minutes": 54,
            "production_code": "201",
        },
        {"kind": "special"},
    ),
    Table(
        "episodes",
        "episodeorders",
        EpisodeOrder,
        of_episode,
        {"order": "dvd", "season_number": 2, "number": 1},
        {"order": "story"},
    ),
    Table(
        "texts",
        "translations",
        Translation,
        lambda content: {"language": "PT_br", "title": "Metrópolis", "summary_190": "Uma cidade."},
        {"language": "pt-BR", "title": "Metrópolis", "summary_190": "Uma cidade.", "summary_4000": ""},
        {"tagline": "O futuro."},
    ),
    Table(
        "texts",
        "alternative_titles",
        AlternativeTitle,
        lambda content: {"title": "Metropolis (1927)", "kind": "working", "country": "germany"},
        {"title": "Metropolis (1927)", "kind": "working", "country": "DE", "language": ""},
        {"language": "de"},
    ),
    Table(
        "media",
        "artwork",
        Artwork,
        lambda content: {
            "kind": "poster",
            "language": "de",
            "url": "https://images.example/1.jpg",
            "width": "1000",
            "height": "1500",
            "focal_x": "0.5",
            "focal_y": "0.25",
            "is_primary": "on",
        },
        {"kind": "poster", "language": "de", "width": 1000, "height": 1500, "is_primary": True},
        {"kind": "backdrop"},
    ),
    Table(
        "media",
        "videos",
        Video,
        lambda content: {"kind": "trailer", "url": "https://videos.example/1.mp4", "position": "0"},
        {"kind": "trailer", "url": "https://videos.example/1.mp4", "duration_seconds": None},
        {"duration_seconds": "90"},
    ),
    Table(
        "media",
        "markers",
        Marker,
        lambda content: {"kind": "intro", "start_seconds": "12.5", "end_seconds": "58"},
        {"kind": "intro", "episode_id": None},
        {"kind": "recap"},
    ),
    Table(
        "rights",
        "windows",
        AvailabilityWindow,
        lambda content: {
            "territory": "ww",
            "licence": "svod",
            "starts_at": "2020-01-01T00:00:00",
            "ends_at": "",
        },
        {"territory": "WW", "licence": "svod", "ends_at": None},
        {"licence": "avod"},
    ),
    Table(
        "rights",
        "maturity_ratings",
        MaturityRating,
        lambda content: {"system": "FSK", "country": "de", "value": "12", "descriptors": "violence, fear"},
        {"system": "FSK", "country": "DE", "value": "12", "descriptors": ["violence", "fear"]},
        {"value": "16"},
    ),
    Table(
        "registry",
        "external_ids",
        ExternalId,
        lambda content: {"scheme": "IMDb", "value": "TT0017136"},
        {"scheme": "imdb", "value": "tt0017136"},
        {"value": "tt0017137"},
    ),
    Table(
        "registry",
        "collection_items",
        CollectionItem,
        lambda content: {"collection": str(CollectionFactory().pk), "position": "3"},
        {"position": 3},
        {"position": "4"},
    ),
]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.prefix)
def test_a_row_is_added_changed_and_deleted(editor: Client, table: Table) -> None:
    content = ContentFactory(content_type="series")
    address = page_of(content, table.page)
    times = [as_stored(content).updated_at]

    def stored() -> list[Row]:
        times.append(as_stored(content).updated_at)
        return list(table.model.objects.filter(content=content).values())

    added = save(editor, address, rows(table.prefix, table.typed(content)))
    assert saved_or_errors(added) == "saved"
    (row,) = stored()
    assert {name: row[name] for name in table.stored} == table.stored

    changes = {f"{table.prefix}-0-{name}": value for name, value in table.change.items()}
    assert saved_or_errors(save(editor, address, changes)) == "saved"
    (changed,) = stored()
    assert changed["id"] == row["id"]
    assert {name: str(changed[name]) for name in table.change} == table.change
    assert {name for name in row if row[name] != changed[name]} == set(table.change)

    assert saved_or_errors(save(editor, address, {f"{table.prefix}-0-DELETE": "on"})) == "saved"
    assert stored() == []
    assert times == sorted(set(times)), "each save is a change of the title"


WRONG: Sequence[tuple[str, str, Row, dict[str, list[str]]]] = [
    (
        "texts",
        "translations",
        {"language": "no language"},
        {"language": ["This is no language tag as in pt-BR (BCP 47)."]},
    ),
    (
        "texts",
        "alternative_titles",
        {"title": "M", "kind": "aka", "country": "Atlantis"},
        {"country": ["This is no country: ISO 3166 codes of two capital letters, as in DE."]},
    ),
    (
        "rights",
        "windows",
        {"territory": "EU", "licence": "svod"},
        {
            "territory": [
                "This is no territory: ISO 3166 codes of two capital letters, or WW for the whole world."
            ]
        },
    ),
    (
        "rights",
        "windows",
        {
            "territory": "DE",
            "licence": "svod",
            "starts_at": "2020-01-02T00:00",
            "ends_at": "2020-01-02T00:00",
        },
        {"ends_at": ["The end is to be after the start."]},
    ),
    (
        "media",
        "markers",
        {"kind": "intro", "start_seconds": "9", "end_seconds": "8"},
        {"end_seconds": ["The end is to be after the start."]},
    ),
    (
        "media",
        "artwork",
        {"kind": "poster", "url": "https://images.example/1.jpg", "focal_x": "1.5"},
        {"focal_x": ["Ensure this value is less than or equal to 1."]},
    ),
    (
        "media",
        "markers",
        {"kind": "intro", "start_seconds": "1", "end_seconds": "8", "episode": "S09E09"},
        {"episode": ["This title has no such episode: type its season and number as in S02E05."]},
    ),
    (
        "registry",
        "external_ids",
        {"scheme": "imdb", "value": "0017136"},
        {"value": ["This is no id of imdb: one looks like tt0111161."]},
    ),
    (
        "registry",
        "collection_items",
        {"collection": "nothing", "position": "1"},
        {"collection": ["Select a valid choice. That choice is not one of the available choices."]},
    ),
]


@pytest.mark.parametrize(("page", "prefix", "typed", "errors"), WRONG)
def test_a_wrong_row_is_an_error_at_its_field(
    editor: Client, page: str, prefix: str, typed: Row, errors: dict[str, list[str]]
) -> None:
    content = ContentFactory()
    response = save(editor, page_of(content, page), rows(prefix, typed))
    assert response.status_code == 200
    assert row_errors(response, prefix) == [errors]


def test_a_window_that_overlaps_another_is_an_error_at_its_row_and_names_the_other(editor: Client) -> None:
    content = ContentFactory()
    WindowFactory(content=content, territory="DE", licence="svod", starts_at="2020-01-01T00:00Z")

    response = save(
        editor,
        page_of(content, "rights"),
        rows("windows", {"territory": "DE", "licence": "svod", "ends_at": "2020-01-01T00:01"}, first=1),
    )

    (errors,) = [errors for errors in row_errors(response, "windows") if errors]
    assert list(errors) == ["__all__"]
    assert "DE svod, 2020-01-01 00:00 – on" in errors["__all__"][0]
    assert AvailabilityWindow.objects.count() == 1


def test_windows_that_meet_or_differ_in_territory_or_licence_stand_beside_each_other(editor: Client) -> None:
    content = ContentFactory()
    WindowFactory(content=content, territory="DE", licence="svod", starts_at="2020-01-01T00:00Z")

    response = save(
        editor,
        page_of(content, "rights"),
        rows(
            "windows",
            {"territory": "DE", "licence": "svod", "ends_at": "2020-01-01T00:00"},
            {"territory": "FR", "licence": "svod"},
            {"territory": "DE", "licence": "est"},
            first=1,
        ),
    )

    assert saved_or_errors(response) == "saved"
    assert AvailabilityWindow.objects.count() == 4


def test_two_windows_trade_their_dates_in_one_save(editor: Client) -> None:
    """Keeps away: row by row, the first would overlap the second for a moment, and the database refuse it."""
    content = ContentFactory()
    early, late = (
        ("2020-01-01T00:00:00", "2020-02-01T00:00:00"),
        ("2020-03-01T00:00:00", "2020-04-01T00:00:00"),
    )
    for start, end in (early, late):
        WindowFactory(content=content, territory="DE", starts_at=f"{start}Z", ends_at=f"{end}Z")

    changes = {
        f"windows-{place}-{name}": value
        for place, span in enumerate((late, early))
        for name, value in zip(("starts_at", "ends_at"), span, strict=True)
    }

    assert saved_or_errors(save(editor, page_of(content, "rights"), changes)) == "saved"


def test_a_second_primary_picture_is_an_error_and_the_first_may_hand_over(editor: Client) -> None:
    content = ContentFactory()
    first, second = (ArtworkFactory(content=content, is_primary=primary) for primary in (True, False))
    address = page_of(content, "media")

    response = save(editor, address, {"artwork-1-is_primary": "on"})  # the primary stands first
    assert row_errors(response, "artwork")[1] == {
        "is_primary": ["There is another primary poster without text; only one can be."]
    }

    values = values_of(editor.get(address)) | {"artwork-1-is_primary": "on"}
    del values["artwork-0-is_primary"]
    assert saved_or_errors(editor.post(address, values)) == "saved"
    assert dict(Artwork.objects.values_list("id", "is_primary")) == {first.pk: False, second.pk: True}


def test_an_external_id_of_another_title_is_an_error_that_names_it(editor: Client) -> None:
    ExternalIdFactory(content__title="Metropolis", scheme="imdb", value="tt0017136")
    content = ContentFactory()

    response = save(
        editor, page_of(content, "registry"), rows("external_ids", {"scheme": "imdb", "value": "tt0017136"})
    )

    assert row_errors(response, "external_ids") == [{"value": ["This is the id of “Metropolis”."]}]
    assert ExternalIdClaim.objects.count() == 1


def test_an_external_id_twice_in_two_spellings_is_an_error(editor: Client) -> None:
    spelled = ({"scheme": "imdb", "value": value} for value in ("tt0017136", "TT0017136"))
    response = save(editor, page_of(ContentFactory(), "registry"), rows("external_ids", *spelled))
    assert row_errors(response, "external_ids") == [
        {},
        {"__all__": ["“imdb:tt0017136”, on this page, has scheme imdb and value tt0017136."]},
    ]


def test_external_ids_are_looked_up_at_once(editor: Client, api: APIClient) -> None:
    content = ContentFactory()
    save(editor, page_of(content, "registry"), rows("external_ids", {"scheme": "imdb", "value": "tt0017136"}))
    assert api.get("/api/v1/lookup/imdb/tt0017136").json()["content_id"] == str(content.pk)

    save(editor, page_of(content, "registry"), {"external_ids-0-DELETE": "on"})
    assert api.get("/api/v1/lookup/imdb/tt0017136").status_code == 404


@pytest.mark.parametrize(
    ("page", "prefix", "row", "told"),
    [
        ("texts", "translations", {"language": "de"}, "“de”, on this page, has language de."),
        (
            "rights",
            "maturity_ratings",
            {"system": "FSK", "country": "DE", "value": "12"},
            "“FSK 12”, on this page, has system FSK and country DE.",
        ),
        (
            "registry",
            "external_ids",
            {"scheme": "imdb", "value": "tt0017136"},
            "“imdb:tt0017136”, on this page, has scheme imdb and value tt0017136.",
        ),
    ],
)
def test_two_rows_of_which_there_can_be_one_are_an_error(
    editor: Client, page: str, prefix: str, row: Row, told: str
) -> None:
    content = ContentFactory()
    response = save(editor, page_of(content, page), rows(prefix, row, row))
    assert response.status_code == 200
    assert row_errors(response, prefix)[1] == {"__all__": [told]}


def test_a_rating_shows_the_age_behind_it_or_that_there_is_none(editor: Client) -> None:
    content = ContentFactory()
    indexed(content)
    save(
        editor,
        page_of(content, "rights"),
        rows(
            "maturity_ratings",
            {"system": "FSK", "country": "DE", "value": "12"},
            {"system": "MOON", "country": "", "value": "full"},
        ),
    )
    page = editor.get(page_of(content, "rights")).content.decode()
    assert "<p>12</p>" in page
    assert "<p>unmapped: hides the title from limited requests</p>" in page
