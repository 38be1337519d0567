from datetime import UTC, datetime

import pytest
from rest_framework.test import APIClient

from catalog.importing import listing as formats
from catalog.models import (
    Content,
    ContentMerge,
    Credit,
    Episode,
    Genre,
    MaturityRating,
    Person,
    SearchDocument,
    Season,
    Source,
)
from tests.catalog.importing.conftest import Listing
from tests.catalog.importing.importing import SHARED, id_of, import_titles, title_of, whole_catalog
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

    found = whole_catalog()
    assert {table: rows for table, rows in found.items() if table not in SHARED} == {
        table: rows for table, rows in fresh.items() if table not in SHARED
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


def test_a_rating_of_nothing_is_a_rating(stores: None, listing: Listing) -> None:
    """Keeps away: a 0.0, the lowest there is, taken for none and erased by a source that says nothing of ratings."""
    import_titles(listing({}))
    Content.objects.update(rating="0.0", rating_count=0)

    said = import_titles(listing({"title": "The Longer Night"}))

    title = title_of("s1")
    assert said[0] == "1 row: 0 new, 1 changed, 0 unchanged, 0 rejected"
    assert (title.title, str(title.rating), title.rating_count) == ("The Longer Night", "0.0", 0)


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

    assert import_titles(listing({}))[0] == "1 row: 1 new, 0 changed, 0 unchanged, 0 rejected"
    assert title_of("s1").credits.count() == 3


def test_a_title_without_its_source_is_taken_for_changed(stores: None, listing: Listing) -> None:
    import_titles(listing({}))
    before = whole_catalog()
    Source.objects.all().delete()

    assert import_titles(listing({}))[0] == "1 row: 0 new, 1 changed, 0 unchanged, 0 rejected"
    assert whole_catalog() == before


def test_what_editors_corrected_and_took_away_stays_so(stores: None, listing: Listing) -> None:
    import_titles(listing(SHOW))
    Content.objects.update(summary="Somebody waits, and nobody comes.", countries=["PT"])
    Credit.objects.filter(person__name="Ben Okri").delete()
    title_of("s1").genres.remove(Genre.objects.get(name="Thrillers"))

    import_titles(listing({**SHOW, "cast": "Ben Okri, Chi Wei, Dee Lux", "title": "The Longer Night"}))

    title = title_of("s1")
    assert (title.title, title.summary, title.countries) == (
        "The Longer Night",
        "Somebody waits, and nobody comes.",
        ["PT"],
    )
    assert [credit.person.name for credit in title.credits.all()] == ["Ana Ruiz", "Chi Wei", "Dee Lux"]
    assert [genre.name for genre in title.genres.all()] == ["Dramas"]


def test_what_an_earlier_release_had_no_use_for_is_brought_in_by_importing_again(
    stores: None, listing: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Countries and ratings were in the record only."""
    path = listing({})
    with monkeypatch.context() as earlier:
        earlier.setattr(formats, "EDITION", 1)
        import_titles(path)
    MaturityRating.objects.all().delete()
    Content.objects.update(countries=[], maturity=[])

    assert import_titles(path)[0] == "1 row: 0 new, 1 changed, 0 unchanged, 0 rejected"
    assert (title_of("s1").countries, title_of("s1").maturity) == (["ES"], ["MPA:PG-13"])
    assert import_titles(path)[0] == "1 row: 0 new, 0 changed, 1 unchanged, 0 rejected"


def test_a_season_stays_while_an_editors_episode_is_in_it(stores: None, listing: Listing) -> None:
    import_titles(listing(SHOW))
    Episode.objects.create(content=title_of("s1"), season_number=3, number=1, title="Ours")

    import_titles(listing({**SHOW, "duration": "1 Season"}))

    assert list(title_of("s1").seasons.values_list("number", flat=True)) == [1, 3]


def test_a_merged_title_is_imported_into_the_one_it_is(stores: None, listing: Listing) -> None:
    import_titles(listing({}, {"show_id": "s2", "title": "The Other"}))
    Content.objects.filter(content_id=id_of("s1")).update(status="merged")
    ContentMerge.objects.create(
        content_id=id_of("s1"), into_id=id_of("s2"), merged_at=datetime(2024, 1, 1, tzinfo=UTC), undo={}
    )

    import_titles(listing({"cast": "Dee Lux"}))

    assert "Dee Lux" in [credit.person.name for credit in title_of("s2").credits.all()]
    assert title_of("s1").status == "merged"


def test_credits_of_merged_people_are_the_others(stores: None, listing: Listing) -> None:
    import_titles(listing({}))
    flo = Person.objects.create(name="Flo")
    Person.objects.filter(name="Chi Wei").update(merged_into=flo)

    import_titles(listing({}, {"show_id": "s2", "cast": "Chi Wei"}))

    assert [credit.person.name for credit in title_of("s2").credits.filter(job="Actor")] == ["Flo"]
    document = SearchDocument.objects.get(content_id=id_of("s2"))
    assert flo.person_id in document.person_ids
    assert "flo" in document.people
