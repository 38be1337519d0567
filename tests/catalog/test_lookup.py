"""`/lookup`: titles by their ids in other registries, one by its address and a hundred by a body."""

from typing import Any
from urllib.parse import quote

import pytest
from rest_framework.test import APIClient

from catalog.registries import Ref
from catalog.services import external_ids_add
from tests.factories import ContentFactory, ExternalIdFactory

pytestmark = pytest.mark.usefixtures("stores")
EIDR = "10.5240/7791-8534-2C23-9030-8610-5"


def entry(content: Any) -> dict[str, Any]:
    return {
        "content_id": str(content.content_id),
        "title": content.title,
        "content_type": "movie",
        "year": 2019,
        "original_language": "",
        "languages": {"title": ""},
        "address": f"/api/v1/content/{content.content_id}",
    }


def test_a_title_is_found_by_its_id_however_it_is_spelled(api: APIClient) -> None:
    content = ContentFactory()
    external_ids_add(content_id=content.content_id, refs=[Ref("eidr", EIDR), Ref("house", "a?b#c %/d")])

    for path in (
        f"eidr/{EIDR}",
        f"EIDR/{EIDR.lower()}",
        f"eidr/{quote(EIDR, safe='')}",
        "eidr/urn:eidr:10.5240:7791-8534-2C23-9030-8610-5",
        f"house/{quote('a?b#c %/d', safe='')}",
    ):
        answer = api.get(f"/api/v1/lookup/{path}")
        assert (answer.status_code, answer.json()) == (200, entry(content)), path
    assert api.get(answer.json()["address"]).json()["title"] == content.title


@pytest.mark.parametrize(
    "hidden", [{"status": "draft"}, {"status": "archived"}, {"published_at": "2999-01-01T00:00Z"}]
)
def test_a_title_that_is_not_public_is_not_found(api: APIClient, hidden: dict[str, str]) -> None:
    ExternalIdFactory(content=ContentFactory(**hidden), scheme="imdb", value="tt0017136")

    answer = api.get("/api/v1/lookup/imdb/tt0017136")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert api.get("/api/v1/lookup/imdb/tt0017137").json() == answer.json()
    body = {"ids": [{"scheme": "imdb", "value": "tt0017136"}]}
    assert api.post("/api/v1/lookup", body, format="json").json()["results"] == [
        {"scheme": "imdb", "value": "tt0017136", "found": False, "content": None}
    ]


def test_many_are_answered_each_in_the_order_asked(api: APIClient) -> None:
    first, second = ContentFactory(), ContentFactory()
    external_ids_add(content_id=first.content_id, refs=[Ref("imdb", "tt0000001"), Ref("tmdb", "1")])
    external_ids_add(content_id=second.content_id, refs=[Ref("imdb", "tt0000002")])
    asked = [
        {"scheme": "IMDB", "value": "TT0000002"},
        {"scheme": "imdb", "value": "no id of theirs"},
        {"scheme": "tmdb", "value": "01"},
        {"scheme": "tmdb", "value": "2"},
        {"scheme": "imdb", "value": "tt0000001"},
        {"scheme": "IMDB", "value": "TT0000002"},
        *({"scheme": "house", "value": str(number)} for number in range(94)),
    ]

    answer = api.post("/api/v1/lookup", {"ids": asked}, format="json")

    found = [entry(second), None, entry(first), None, entry(first), entry(second), *[None] * 94]
    assert answer.json() == {
        "results": [
            {**each, "found": title is not None, "content": title}
            for each, title in zip(asked, found, strict=True)
        ]
    }
    too_many = api.post("/api/v1/lookup", {"ids": [*asked, asked[0]]}, format="json")
    assert (too_many.status_code, too_many.json()["errors"][0]["field"]) == (400, "ids")
