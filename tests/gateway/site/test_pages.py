"""`/` and a title's page, as bytes: what they show, what they keep to themselves, and what they do in an outage."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from catalog.merging import contents_merge
from catalog.models import Content
from streaming.gateway.site.home import FOUND
from streaming.stores.probes import probe_all
from tests.factories import ContentFactory, CreditFactory, TranslationFactory, indexed
from trending.services import view_count

HIDDEN = (
    {"status": "draft", "published_at": None},
    {"status": "archived"},
    {"published_at": "2999-01-01T00:00Z"},
)


def test_the_front_page_says_what_there_is(stores: None, client: Client) -> None:
    watched = ContentFactory(title="Metropolis")
    view_count(content_id=watched.content_id, event_id=None)
    indexed(watched, ContentFactory(status="draft"))

    answer = client.get("/")

    text = answer.content.decode()
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "<dd>1</dd>" in text
    assert "<dd>6 of 6</dd>" in text
    assert f'href="/titles/{watched.content_id}"' in text
    assert 'href="/api-docs"' in text
    assert 'href="/admin/"' in text


def test_the_front_page_says_how_stores_feel_and_not_what_they_are(stores: None, client: Client) -> None:
    """Keeps away: the versions of all stores, told to whoever looks for one that is known to be weak."""
    versions = [probe.version for probe in probe_all(timedelta(seconds=5))]

    text = client.get("/").content.decode()

    assert len(versions) == 6
    assert all(versions)
    assert [version for version in versions if version in text] == []
    assert text.count('<td><span class="good">yes</span></td>') == 6


def test_nothing_comes_from_elsewhere_and_nothing_inline_runs(stores: None, client: Client) -> None:
    content = ContentFactory(title="</title><script>alert(1)</script>", summary="<b>bold</b>")

    for path in ("/", f"/titles/{content.content_id}", f"/titles/{uuid4()}"):
        answer = client.get(path)
        text = answer.content.decode()
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "<script>" not in text
        assert "<b>bold" not in text
        assert "style=" not in text


@pytest.mark.parametrize("facts", HIDDEN)
def test_a_title_that_is_not_public_has_no_page(
    stores: None, client: Client, facts: dict[str, object]
) -> None:
    content = ContentFactory(title="Unseen", **facts)

    answer = client.get(f"/titles/{content.content_id}")

    assert answer.status_code == 404
    assert b"Unseen" not in answer.content
    assert b"There is no such title" in answer.content


def test_a_merged_title_s_page_leads_to_the_other_one(stores: None, client: Client) -> None:
    loser, survivor = ContentFactory(title="M"), ContentFactory(title="M – Eine Stadt sucht einen Mörder")
    contents_merge(loser_id=loser.content_id, survivor_id=survivor.content_id)

    answer = client.get(f"/titles/{loser.content_id}")

    assert (answer.status_code, answer.headers["Location"]) == (301, f"/titles/{survivor.content_id}")


def test_all_titles_on_a_page_are_in_the_browser_s_languages(stores: None, client: Client) -> None:
    """Keeps away: a page in Portuguese with similar titles in English."""
    city, night = (ContentFactory(title=title, genres=["Drama"]) for title in ("The City", "The Night"))
    TranslationFactory(content=city, language="pt", title="A Cidade")
    TranslationFactory(content=night, language="pt", title="A Noite")
    indexed(city, night)

    text = client.get(f"/titles/{city.content_id}", headers={"accept-language": "pt-BR"}).content.decode()

    assert ">A Cidade</h1>" in text
    assert "A Noite" in text
    assert "The Night" not in text


def test_only_reading_is_allowed(client: Client) -> None:
    assert client.post("/").status_code == 405
    assert client.head("/livez").status_code == 200


def test_a_search_without_the_script_lists_what_the_api_finds(stores: None, client: Client) -> None:
    found: Content = ContentFactory(title="Nosferatu")
    CreditFactory(content=found, person__name="Max Schreck")
    indexed(found)

    for asked in ("nosferatu", "NOSFERATÚ", "max schreck"):
        text = client.get("/", {"q": asked}).content.decode()
        assert f'href="/titles/{found.content_id}"' in text, asked
        assert f'value="{asked}"' in text

    nothing = client.get("/", {"q": "quetzalcoatlus"}).content.decode()
    assert "Nothing found for “quetzalcoatlus”" in nothing


@pytest.mark.parametrize("asked", ["\x00", "x" * 201, "\ud800", " ", "%", "'; DROP TABLE genres; --"])
def test_no_question_breaks_the_page(stores: None, client: Client, asked: str) -> None:
    answer = client.get("/", query_params={"q": asked.encode(errors="replace").decode()})

    assert answer.status_code == 200


def test_more_than_a_page_of_results_says_so(stores: None, client: Client) -> None:
    indexed(*(ContentFactory(title=f"Night {number}") for number in range(FOUND + 1)))

    few, many = (
        client.get("/", {"q": "night 7"}).content.decode(),
        client.get("/", {"q": "night"}).content.decode(),
    )

    assert "Found for “night 7”" in few and "There are more" not in few
    assert f"The first {FOUND} for “night”" in many and 'href="/api/v1/search?q=night"' in many


def test_an_icon_is_where_browsers_look_for_one(client: Client) -> None:
    """The admin's and the API documentation's pages name none of their own."""
    answer = client.get("/favicon.ico")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/static/site/icon.svg")
    assert Path(str(finders.find("site/icon.svg"))).read_bytes().startswith(b"<svg ")
