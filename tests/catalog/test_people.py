"""People: what is told of them, what they are credited for, and through which titles they can be reached."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from catalog.models import Content, Person
from catalog.services import children_save, contents_set_status, person_save
from streaming.api.pages import cursor_of, question_of
from tests.factories import (
    ContentFactory,
    CreditFactory,
    MaturityRatingFactory,
    PersonFactory,
    TranslationFactory,
    WindowFactory,
    indexed,
)


def url_of(person: Person) -> str:
    return f"/api/v1/people/{person.person_id}"


def filmography(api: APIClient, person: Person, **query: Any) -> list[dict[str, Any]]:
    """All of it, page after page."""
    rows: list[dict[str, Any]] = []
    answer = api.get(url_of(person), query)
    while True:
        assert answer.status_code == 200, answer.content
        rows += answer.json()["filmography"]["results"]
        following = answer.json()["filmography"]["next"]
        if following is None:
            return rows
        answer = api.get(following)


def test_a_person_comes_with_everything_they_did_on_a_title_in_one_entry(
    stores: None, api: APIClient
) -> None:
    person = PersonFactory(
        name="Brigitte Helm",
        role="Actor",
        biography="Born in Berlin.",
        date_of_birth=date(1906, 3, 17),
        date_of_death=date(1996, 6, 11),
    )
    content = ContentFactory(
        title="Metropolis",
        release_date=date(1927, 1, 10),
        thumbnail_url="https://img.example/m.jpg",
        genres=["Drama"],
    )
    CreditFactory(content=content, person=person, job="", character_name="The machine", billing_order=2)
    CreditFactory(
        content=content,
        person=person,
        department="Acting",
        character_name="Maria",
        credited_as="B. Helm",
        billing_order=1,
    )
    CreditFactory(content=content)

    assert api.get(url_of(person)).json() == {
        "person_id": str(person.person_id),
        "name": "Brigitte Helm",
        "role": "Actor",
        "biography": "Born in Berlin.",
        "date_of_birth": "1906-03-17",
        "date_of_death": "1996-06-11",
        "filmography": {
            "results": [
                {
                    "content_id": str(content.content_id),
                    "title": "Metropolis",
                    "original_title": "",
                    "content_type": "movie",
                    "release_date": "1927-01-10",
                    "duration_minutes": 101,
                    "summary": "Somebody does something.",
                    "thumbnail_url": "https://img.example/m.jpg",
                    "rating": 7.5,
                    "original_language": "",
                    "languages": {"title": "", "summary": ""},
                    "year": 1927,
                    "genres": ["Drama"],
                    "credits": [
                        {
                            "role": "Actor",
                            "department": "Acting",
                            "character_name": "Maria",
                            "credited_as": "B. Helm",
                        },
                        {
                            "role": "Actor",
                            "department": "",
                            "character_name": "The machine",
                            "credited_as": "",
                        },
                    ],
                }
            ],
            "next": None,
        },
    }


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_the_newest_title_comes_first_and_pages_show_each_once(
    stores: None, api: APIClient, limit: int
) -> None:
    person = PersonFactory()
    days = [
        date(1990, 1, 1),
        None,
        date(2001, 5, 5),
        date(2001, 5, 5),
        date(2020, 2, 2),
        None,
        date(2001, 5, 5),
    ]
    made = [ContentFactory(content_id=UUID(int=n), release_date=day) for n, day in enumerate(days, 1)]
    for content in made:
        CreditFactory.create_batch(2, content=content, person=person)

    shown = [UUID(row["content_id"]).int for row in filmography(api, person, limit=limit)]

    assert shown == [5, 3, 4, 7, 1, 2, 6]


def test_hidden_titles_are_not_in_a_filmography(stores: None, api: APIClient) -> None:
    person, soon = PersonFactory(), timezone.now() + timedelta(hours=1)
    hidden: list[dict[str, Any]] = [
        {"status": "draft", "published_at": None},
        {"status": "archived"},
        {"status": "merged"},
        {"published_at": soon},
    ]
    for values in hidden:
        CreditFactory(content=ContentFactory(**values), person=person)
    shut = ContentFactory()
    WindowFactory(content=shut, ends_at=datetime(2020, 1, 1, tzinfo=UTC))
    indexed(shut)
    CreditFactory(content=shut, person=person)
    assert api.get(url_of(person)).status_code == 404

    shown = CreditFactory(person=person).content

    assert [row["content_id"] for row in filmography(api, person, limit=1)] == [str(shown.content_id)]


def test_a_person_is_reachable_only_while_a_title_of_theirs_is_public(stores: None, api: APIClient) -> None:
    credit = CreditFactory()
    uncredited = PersonFactory()
    assert [api.get(url_of(person)).status_code for person in (credit.person, uncredited)] == [200, 404]

    contents_set_status(content_ids=[credit.content_id], status=Content.Status.ARCHIVED)
    answer = api.get(url_of(credit.person))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    contents_set_status(content_ids=[credit.content_id], status=Content.Status.PUBLISHED)
    assert api.get(url_of(credit.person)).status_code == 200


def test_a_cursor_does_not_make_a_hidden_person_reachable(stores: None, api: APIClient) -> None:
    hidden, shown = CreditFactory(content=ContentFactory(status="draft")).person, CreditFactory().person

    def beyond(person: Person) -> dict[str, str]:
        return {"cursor": cursor_of(question_of("person", person.person_id), "", UUID(int=2**128 - 1))}

    assert api.get(url_of(hidden), beyond(hidden)).status_code == 404
    assert api.get(url_of(shown), beyond(shown)).json()["filmography"] == {"results": [], "next": None}


def test_an_audience_sees_the_titles_that_are_for_it_and_people_through_them_only(
    stores: None, api: APIClient
) -> None:
    person = PersonFactory()
    german, anywhere = ContentFactory(title="German"), ContentFactory(title="Anywhere")
    WindowFactory(content=german, territory="DE")
    MaturityRatingFactory(content=german, system="Unheard of", value="X")
    indexed(german, anywhere)
    for content in (german, anywhere):
        CreditFactory(content=content, person=person)

    def titles(**query: Any) -> set[str]:
        return {row["title"] for row in filmography(api, person, **query)}

    assert titles(available_in="DE") == {"German", "Anywhere"}
    assert titles(available_in="FR") == {"Anywhere"}
    assert api.get(url_of(person), {"maturity_lte": 18}).status_code == 404


def test_titles_are_in_the_languages_asked_for(stores: None, api: APIClient) -> None:
    credit = CreditFactory(content=ContentFactory(title="The City", original_language="en"))
    TranslationFactory(content=credit.content, language="de", title="Die Stadt", summary_190="Eine Stadt.")

    german = api.get(url_of(credit.person), {"lang": "de-AT"})
    by_header = api.get(url_of(credit.person), headers={"accept-language": "de-AT"})
    plain = api.get(url_of(credit.person))

    assert german.json()["filmography"]["results"][0]["title"] == "Die Stadt"
    assert by_header.content == german.content
    assert plain.json()["filmography"]["results"][0]["title"] == "The City"
    spoken = [answer.headers.get("Content-Language") for answer in (german, by_header, plain)]
    assert spoken == ["de", "de", "en"]
    assert [answer.headers.get("Vary") for answer in (german, plain)] == [None, "Accept-Language"]


def test_the_etag_changes_with_the_person_and_with_what_they_are_credited_for(
    stores: None, api: APIClient
) -> None:
    credit = CreditFactory()
    person = credit.person
    before = api.get(url_of(person)).headers["ETag"]

    person.biography = "Renamed."
    person_save(person=person)
    told = api.get(url_of(person), headers={"if-none-match": before})
    credit.character_name = "Maria"
    children_save(content=credit.content, saved=[credit], deleted=[])
    credited = api.get(url_of(person), headers={"if-none-match": told.headers["ETag"]})

    assert (told.status_code, told.json()["biography"]) == (200, "Renamed.")
    assert (credited.status_code, credited.json()["filmography"]["results"][0]["credits"]) == (
        200,
        [{"role": "Actor", "department": "", "character_name": "Maria", "credited_as": ""}],
    )
    assert api.get(url_of(person), headers={"if-none-match": credited.headers["ETag"]}).status_code == 304


def test_who_does_not_exist_is_not_found(stores: None, api: APIClient) -> None:
    assert api.get(f"/api/v1/people/{uuid4()}").json()["code"] == "not_found"


@pytest.mark.parametrize(
    "values",
    [["2020-13-01", "x"], ["2020-01-01"], ["2020-01-01", "nope"], ["x", ""], ["", ""], ["0000-01-01", ""]],
)
def test_a_cursor_that_names_no_place_is_refused(stores: None, api: APIClient, values: list[str]) -> None:
    person = CreditFactory().person
    here = cursor_of(question_of("person", person.person_id), *values)

    answer = api.get(url_of(person), {"cursor": here})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "cursor")
