"""`/titles`: what a genre, keyword or studio on a title's page leads to."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from catalog.listing import public_list
from catalog.models import Genre, Keyword, Studio
from catalog.services import terms_delete
from streaming.gateway.site import titles as site_titles
from streaming.gateway.site.titles import SHOWN
from tests.factories import ContentFactory, indexed

CARD = re.compile(r'class="card" href="/titles/([0-9a-f-]+)"')


def links(text: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'href="(/titles\?[^"]*)"', text)]


def test_each_term_of_a_title_leads_to_the_titles_that_have_it(stores: None, client: Client) -> None:
    """Names as they come: with signs that mean several to the API, and of digits, which are ids to it."""
    title = ContentFactory(genres=["Action, Adventure"])
    title.keywords.add(Keyword.objects.create(name="1984"))
    title.studios.add(Studio.objects.create(name="Salt & Ember | Co"))
    indexed(title, ContentFactory(genres=["Drama"]))

    pages = links(client.get(f"/titles/{title.content_id}").content.decode())
    texts = [client.get(page).content.decode() for page in pages]

    assert [CARD.findall(text) for text in texts] == [[str(title.content_id)]] * 3
    for text, heading in zip(
        texts,
        ("Genre: Action, Adventure", "Studio: Salt &amp; Ember | Co", "Keyword: 1984"),
        strict=True,
    ):
        assert f"<h1>{heading}</h1>" in text
        assert f"<title>{heading} – " in text


def test_terms_that_stand_together_must_all_hold(stores: None, client: Client) -> None:
    heist = Keyword.objects.create(name="heist")
    both, drama = ContentFactory(genres=["Drama"]), ContentFactory(genres=["Drama"])
    both.keywords.add(heist)
    indexed(both, drama)

    text = client.get("/titles", {"genre": "Drama", "keyword": "heist"}).content.decode()

    assert CARD.findall(text) == [str(both.content_id)]
    assert "<h1>Genre: Drama · Keyword: heist</h1>" in text
    everything = client.get("/titles").content.decode()
    assert set(CARD.findall(everything)) == {str(both.content_id), str(drama.content_id)}
    assert "<h1>All titles</h1>" in everything


def test_every_title_is_on_one_of_the_pages(stores: None, client: Client) -> None:
    titles = [ContentFactory(genres=["Drama"]) for _ in range(SHOWN + 1)]
    indexed(*titles)

    first = client.get("/titles", {"genre": "Drama"}).content.decode()
    (more,) = links(first)
    last = client.get(more).content.decode()

    shown = [*CARD.findall(first), *CARD.findall(last)]
    assert len(CARD.findall(first)) == SHOWN
    assert sorted(shown) == sorted(str(title.content_id) for title in titles)
    assert links(last) == []


def test_what_only_hidden_titles_have_is_not_there(stores: None, client: Client) -> None:
    """Keeps away: an empty list that tells what is being prepared."""
    indexed(ContentFactory(genres=["Secret"], status="draft"))

    hidden, unknown = (client.get("/titles", {"genre": name}) for name in ("Secret", "Nothing"))

    assert (hidden.status_code, unknown.status_code) == (404, 404)
    assert hidden.content == unknown.content


def test_a_genre_that_is_deleted_while_its_titles_are_listed_is_not_there(
    stores: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Regression: its name was read after the list, and was an error of the server."""
    title = ContentFactory(genres=["Drama"])
    indexed(title)
    key = Genre.objects.get(name="Drama").pk
    asked = {"genre": str(key)}
    assert "<h1>Genre: Drama</h1>" in client.get("/titles", asked).content.decode()

    def listed_and_deleted(**question: Any) -> Any:
        found = public_list(**question)
        terms_delete(model=Genre, keys=[key])
        return found

    monkeypatch.setattr(site_titles, "public_list", listed_and_deleted)

    assert client.get("/titles", asked).status_code == 404


@pytest.mark.parametrize(
    "asked",
    [
        {"genre": "\x00"},
        {"genre": "x" * 256},
        {"cursor": "?"},
        {"cursor": "W10"},
        {"keyword": "9" * 30},
        {"studio": "'; DROP TABLE genres; --"},
    ],
)
def test_no_question_breaks_the_page(stores: None, client: Client, asked: dict[str, str]) -> None:
    assert client.get("/titles", asked).status_code == 404
