"""What `GET /content` refuses over HTTP: a problem that names the parameter, whatever was sent."""

from urllib.parse import quote

import pytest
from rest_framework.test import APIClient

from catalog.listing.vocabulary import READERS
from catalog.models import Genre
from tests.catalog.listing.test_vocabulary import REFUSED
from tests.catalog.listing.world import World
from tests.factories import ContentFactory, indexed

LIST = "/api/v1/content"
HOSTILE = (
    *(
        "'; DROP TABLE search_documents; --",
        "1) OR 1=1",
        "$[*] ? (@ == 1)",
        "{$ne: 1}",
        "\x00",
        "a\x00b",
        "\ud800",
    ),
    *(
        "a" * 5000,
        "9" * 5000,
        "%",
        "_%",
        "\\",
        "*",
        "((",
        "\u202e",
        "{}",
        "[]",
        "null",
        "true",
        "-1",
        "1e400",
        "NaN",
    ),
)


@pytest.mark.parametrize("name", READERS)
def test_hostile_values_are_refused_by_name(stores: None, api: APIClient, name: str) -> None:
    for value in HOSTILE:
        answer = api.get(f"{LIST}?{name}={quote(value.encode('utf-8', 'surrogatepass'))}")

        assert answer.status_code == 400, (name, value[:40], answer.content[:200])
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert {error["field"] for error in answer.json()["errors"]} == {name}, (name, value[:40])


@pytest.mark.parametrize("name", [name for name in REFUSED if name not in ("limit", "cursor", "genre__name")])
def test_what_is_no_value_is_refused(stores: None, api: APIClient, name: str) -> None:
    for value in REFUSED[name]:
        answer = api.get(f"{LIST}?{name}={quote(value)}")

        assert answer.status_code == 400, (name, value[:40])
        assert {error["field"] for error in answer.json()["errors"]} == {name}, (name, value[:40])


def test_names_that_there_are_not_are_named(world: World, api: APIClient) -> None:
    answer = api.get(
        f"{LIST}?genre=drama|Dramma|999999999&keyword=robot,robots&studio={'9' * 18}&not_genre=Nope"
    )

    assert answer.status_code == 400
    assert {error["field"]: error["detail"] for error in answer.json()["errors"]} == {
        "genre": "There is no genre 999999999, Dramma.",
        "not_genre": "There is no genre Nope.",
        "keyword": "There is no keyword robots.",
        "studio": f"There is no studio {'9' * 18}.",
    }


def test_of_names_that_differ_in_case_alone_the_one_spelled_like_it_is_meant(
    world: World, api: APIClient
) -> None:
    shouted, title = Genre.objects.create(name="DRAMA"), ContentFactory()
    title.genres.add(shouted)
    indexed(title)

    found = {
        name: [card["content_id"] for card in api.get(f"{LIST}?genre={name}&limit=100").json()["results"]]
        for name in ("DRAMA", "Drama", str(shouted.pk))
    }

    assert found["DRAMA"] == found[str(shouted.pk)] == [str(title.content_id)]
    assert len(found["Drama"]) > 20 and str(title.content_id) not in found["Drama"]


def test_facets_are_refused_by_name(stores: None, api: APIClient) -> None:
    for value in ("", "genre,,type", "genres", "genre|type", "genre,person", "__class__", "x" * 3000):
        answer = api.get(f"{LIST}?facets={value}")

        assert answer.status_code == 400, value
        assert {error["field"] for error in answer.json()["errors"]} == {"facets"}
