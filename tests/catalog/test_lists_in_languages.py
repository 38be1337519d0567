"""Every list of titles answers in the languages asked for, and shows the posters that go with them."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from rest_framework.test import APIClient

from catalog.services import collection_save, collection_set_items
from tests.factories import (
    ArtworkFactory,
    CollectionFactory,
    ContentFactory,
    CreditFactory,
    ExternalIdFactory,
    PersonFactory,
    TranslationFactory,
    indexed,
)

API = "/api/v1"
# Lists that have the one title.
LISTS = {
    "list": "/content?genre=Drama",
    "search": "/search?q=city",
    "suggest": "/search/suggest?q=city",
    "similar": "/content/{other}/similar?limit=20",
    "picked": "/collections/{picked}?limit=20",
    "ruled": "/collections/{ruled}?limit=20",
    "person": "/people/{person}?limit=20",
}
PAGED = ("/content?limit=1", "/collections/{picked}?limit=1", "/collections/{ruled}?limit=1")
lists = pytest.mark.parametrize("address", LISTS.values(), ids=LISTS)


@pytest.fixture
def ids(stores: None) -> dict[str, Any]:
    """A title in English with texts and posters in Portuguese; one that is similar but is in no other list."""
    city = ContentFactory(
        title="The City", summary="A city.", original_language="en", genres=["Drama", "Crime"]
    )
    TranslationFactory(content=city, language="pt", title="A Cidade", summary_190="Uma cidade.")
    for language in ("pt", "", "ja"):
        ArtworkFactory(content=city, language=language, url=f"https://images.example/{language}.jpg")
    other = ContentFactory(title="Other", genres=["Crime"])
    credit = CreditFactory(content=city, person=PersonFactory())
    external = ExternalIdFactory(content=city)
    indexed(city, other)
    picked = CollectionFactory()
    collection_set_items(collection_id=picked.pk, content_ids=[city.content_id])
    ruled = collection_save(collection=CollectionFactory.build(rule="genre=Drama"))
    return {
        "city": city,
        "other": other.pk,
        "person": credit.person_id,
        "picked": picked.pk,
        "ruled": ruled.pk,
        "imdb": external.value,
    }


def card_in(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.content
    (card,) = answer.json().get("filmography", answer.json())["results"]
    found: dict[str, Any] = card
    return found


@lists
def test_texts_and_posters_are_of_the_languages_asked_for(
    ids: dict[str, Any], api: APIClient, address: str
) -> None:
    url = API + address.format(**ids)

    by_address = api.get(f"{url}&lang=pt-BR,fr", headers={"accept-language": "en"})
    by_header = api.get(url, headers={"accept-language": "fr;q=0.5, pt-BR"})
    neither = api.get(url)

    assert card_in(by_address) == card_in(by_header)
    told = ("title", "summary", "thumbnail_url")
    portuguese = {name: text for name, text in card_in(by_header).items() if name in told}
    english = {name: text for name, text in card_in(neither).items() if name in told}
    expected = {
        "title": "A Cidade",
        "thumbnail_url": "https://images.example/pt.jpg",
        "summary": "Uma cidade.",
    }
    plain = {"title": "The City", "thumbnail_url": "https://images.example/.jpg", "summary": "A city."}
    assert portuguese == {name: expected[name] for name in portuguese}
    assert english == {name: plain[name] for name in english}
    assert set(card_in(by_header)["languages"].values()) == {"pt"}
    assert set(card_in(neither)["languages"].values()) == {"en"}
    answers = (by_address, by_header, neither)
    assert [answer.headers.get("Content-Language") for answer in answers] == ["pt", "pt", "en"]
    assert [answer.headers.get("Vary") for answer in answers] == [
        *(None, "Accept-Language", "Accept-Language")
    ]


@lists
def test_an_own_picture_comes_first_in_every_list(ids: dict[str, Any], api: APIClient, address: str) -> None:
    city = ids["city"]
    city.thumbnail_url = "https://own.example/p.jpg"
    city.save(using=city._state.db, update_fields=["thumbnail_url"])
    indexed(city)

    answer = api.get(f"{API}{address.format(**ids)}&lang=pt")

    assert card_in(answer)["thumbnail_url"] == "https://own.example/p.jpg"


@lists
def test_what_is_no_language_is_refused_in_every_list(
    ids: dict[str, Any], api: APIClient, address: str
) -> None:
    answer = api.get(f"{API}{address.format(**ids)}&lang=nonsense!")

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "lang")


@pytest.mark.parametrize("address", PAGED)
def test_a_cursor_is_of_the_same_list_in_every_language(
    ids: dict[str, Any], api: APIClient, address: str
) -> None:
    second = ContentFactory(title="Second", genres=["Drama"], original_language="pt")
    indexed(second)
    ids_in_order = [ids["city"].content_id, second.content_id]
    collection_set_items(collection_id=ids["picked"], content_ids=ids_in_order)
    url = API + address.format(**ids)
    first = api.get(f"{url}&lang=pt").json()

    assert "lang=pt" in first["next"]
    following = api.get(first["next"]).json()["results"]
    elsewhere = api.get(first["next"].replace("lang=pt", "lang=en")).json()["results"]

    assert [card["content_id"] for card in following] == [card["content_id"] for card in elsewhere]
    assert first["results"][0]["content_id"] != following[0]["content_id"]


def test_which_titles_there_are_does_not_depend_on_a_language(ids: dict[str, Any], api: APIClient) -> None:
    plain = api.get(f"{API}/content?genre=Drama&facets=genre,type").json()
    assert api.get(f"{API}/content?genre=Drama&facets=genre,type&lang=pt").json()["facets"] == plain["facets"]
    with pytest.raises(ValidationError, match="There is no such parameter"):
        collection_save(collection=CollectionFactory.build(rule="genre=Drama&lang=pt"))


def test_a_looked_up_title_is_in_the_languages_asked_for(ids: dict[str, Any], api: APIClient) -> None:
    url = f"{API}/lookup/imdb/{ids['imdb']}"
    wanted = {"ids": [{"scheme": "imdb", "value": ids["imdb"]}, {"scheme": "imdb", "value": "tt9999999"}]}

    one = api.get(url, {"lang": "pt-BR"})
    by_header = api.get(url, headers={"accept-language": "pt-BR"})
    many = api.post(f"{API}/lookup", {**wanted, "lang": "pt-BR"}, format="json")
    many_by_header = api.post(f"{API}/lookup", wanted, format="json", headers={"accept-language": "pt"})
    plain = api.get(url)

    assert (one.json()["title"], one.json()["languages"]) == ("A Cidade", {"title": "pt"})
    assert many.json()["results"][0]["content"] == one.json() == by_header.json()
    assert many_by_header.json() == many.json()
    assert (plain.json()["title"], plain.json()["languages"]) == ("The City", {"title": "en"})
    answers = (one, by_header, many, many_by_header, plain)
    assert [answer.headers["Content-Language"] for answer in answers] == [*["pt"] * 4, "en"]
    header = "Accept-Language"
    assert [answer.headers.get("Vary") for answer in answers] == [None, header, None, header, header]
    refused = api.post(f"{API}/lookup", {**wanted, "lang": 7}, format="json")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "lang")
