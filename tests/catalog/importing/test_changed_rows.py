from datetime import UTC, datetime

from rest_framework.test import APIClient

from catalog.models import Content, Credit, Genre, Person, Season, Source
from tests.catalog.importing.conftest import Listing
from tests.catalog.importing.importing import id_of, import_titles, title_of, whole_catalog
from tests.emptying import empty_catalog

SHOW = {"type": "TV Show", "duration": "3 Seasons"}


def test_a_changed_row_updates_its_title_and_no_other(stores: None, listing: Listing) -> None:
    import_titles(listing({}, {"show_id": "s2"}))
    first, second = title_of("s1").updated_at, title_of("s2").updated_at

    said = import_titles(
        listing(
            {"title": "The Longer Night", "duration": "95 min", "release_year": "2020"}, {"show_id": "s2"}
        )
    )

    title = title_of("s1")
    assert said[0] == "2 rows: 0 new, 1 changed, 1 unchanged, 0 rejected"
    assert (title.title, title.duration_minutes, str(title.release_date)) == (
        "The Longer Night",
        95,
        "2020-01-01",
    )
    assert title.updated_at > first
    assert title_of("s2").updated_at == second


def test_a_changed_row_leaves_what_a_fresh_import_would(stores: None, listing: Listing) -> None:
    old = [SHOW, {"show_id": "s2"}]
    new = [
        {
            **SHOW,
            "duration": "2 Seasons",
            "director": "",
            "cast": "Chi Wei, Dee Lux",
            "listed_in": "Dramas, Comedies",
            "country": "Portugal",
        },
        {"show_id": "s2", "type": "TV Show", "duration": "1 Season", "date_added": ""},
    ]
    import_titles(listing(*new))
    fresh = whole_catalog()
    empty_catalog()

    import_titles(listing(*old))
    import_titles(listing(*new))

    # People and genres outlive the rows that named them.
    found = whole_catalog()
    assert {table: rows for table, rows in found.items() if table not in ("cast_crew", "genres")} == {
        table: rows for table, rows in fresh.items() if table not in ("cast_crew", "genres")
    }


def test_what_editors_did_survives_a_changed_row(stores: None, listing: Listing) -> None:
    import_titles(listing(SHOW))
    embargo = datetime(2030, 1, 1, tzinfo=UTC)
    Content.objects.update(
        status="archived",
        published_at=embargo,
        original_title="La larga noche",
        rating="8.1",
        thumbnail_url="https://img.example/1",
        trailer_url="https://img.example/2",
    )
    Credit.objects.filter(person__name="Ben Okri").update(character_name="The Guard")
    title = title_of("s1")
    title.genres.add(Genre.objects.create(name="Editors' choice"))
    Credit.objects.create(
        content=title, person=Person.objects.create(name="Flo"), job="Composer", billing_order=9
    )
    Season.objects.create(content=title, number=4)

    import_titles(
        listing({**SHOW, "duration": "4 Seasons", "cast": "Chi Wei, Ben Okri", "listed_in": "Dramas"})
    )

    title = title_of("s1")
    assert (title.status, title.published_at, title.original_title) == ("archived", embargo, "La larga noche")
    assert (str(title.rating), title.thumbnail_url) == ("8.1", "https://img.example/1")
    assert sorted(genre.name for genre in title.genres.all()) == ["Dramas", "Editors' choice"]
    assert list(title.credits.values_list("job", "person__name", "character_name")) == [
        ("Director", "Ana Ruiz", ""),
        ("Actor", "Chi Wei", ""),
        ("Actor", "Ben Okri", "The Guard"),
        ("Composer", "Flo", ""),
    ]
    assert list(title.seasons.values_list("number", flat=True)) == [1, 2, 3, 4]


def test_a_new_date_in_the_source_moves_the_day_of_publication(stores: None, listing: Listing) -> None:
    import_titles(listing({}))
    import_titles(listing({"date_added": "October 1, 2021"}))

    assert title_of("s1").published_at == datetime(2021, 10, 1, tzinfo=UTC)


def test_a_changed_row_is_what_the_api_serves_next(stores: None, listing: Listing, api: APIClient) -> None:
    import_titles(listing({}))
    address = f"/api/v1/content/{id_of('s1')}"
    assert api.get(address).json()["title"] == "The Long Night"

    import_titles(listing({"title": "The Longer Night"}))

    assert api.get(address).json()["title"] == "The Longer Night"


def test_a_title_that_an_editor_deleted_comes_back(stores: None, listing: Listing) -> None:
    import_titles(listing({}))
    title_of("s1").delete()

    assert import_titles(listing({}))[0] == "1 rows: 1 new, 0 changed, 0 unchanged, 0 rejected"
    assert title_of("s1").credits.count() == 3


def test_a_title_without_its_source_is_taken_for_changed(stores: None, listing: Listing) -> None:
    import_titles(listing({}))
    before = whole_catalog()
    Source.objects.all().delete()

    assert import_titles(listing({}))[0] == "1 rows: 0 new, 1 changed, 0 unchanged, 0 rejected"
    assert whole_catalog() == before
