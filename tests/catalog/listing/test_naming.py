"""A name of what only hidden titles have is, to the public, a name that there is not."""

from typing import Any
from urllib.parse import quote

import pytest
from rest_framework.test import APIClient

from catalog.models import Content, Genre, Keyword, Studio
from catalog.services import contents_set_status
from tests.factories import CollectionFactory, ContentFactory, GenreFactory, WindowFactory, indexed

LIST = "/api/v1/content"
MODELS: dict[str, type[Any]] = {"genre": Genre, "keyword": Keyword, "studio": Studio}


def titled(*, status: str = "published", **terms: str) -> Content:
    """A title with a genre, a keyword or a studio of these names."""
    content: Content = ContentFactory(status=status)
    for kind, name in terms.items():
        term, _ = MODELS[kind].objects.get_or_create(name=name)
        getattr(content, f"{kind}s").add(term)
    indexed(content)
    return content


def asked(api: APIClient, query: str) -> tuple[int, Any]:
    """The status, and the ids found or what is wrong with which parameter."""
    answer = api.get(f"{LIST}?{query}")
    body = answer.json()
    if answer.status_code == 200:
        return 200, [card["content_id"] for card in body["results"]]
    return answer.status_code, {error["field"]: error["detail"] for error in body["errors"]}


@pytest.mark.parametrize("kind", MODELS)
def test_a_name_of_hidden_titles_only_is_answered_as_one_that_there_is_not(
    stores: None, api: APIClient, kind: str
) -> None:
    """Regression: by a hidden title's keyword a list was empty, by any other word refused, so it could be guessed."""
    hidden, shown = titled(status="draft", **{kind: "Hidden"}), titled(**{kind: "Shown"})
    key = MODELS[kind].objects.get(name="Hidden").pk
    refused = [
        f"{kind}={{}}",
        f"{kind}=Shown|{{}}",
        f"{kind}=Shown,{{}}",
        f"{kind}={{}}&year=1990..1991",
        f"{kind}={{}}&available_in=DE&maturity_lte=18",
        f"{kind}={{}}&facets={kind},type",
    ]
    for query in refused:
        for name in ("Hidden", "hidden", "Nothing", str(key), str(key + 999)):
            assert asked(api, query.format(quote(name))) == (
                400,
                {kind: f"There is no {kind} {name}."},
            ), (query, name)

    contents_set_status(content_ids=[hidden.content_id], status=Content.Status.PUBLISHED)

    assert asked(api, f"{kind}=hidden") == (200, [str(hidden.content_id)])
    assert asked(api, f"{kind}=Hidden|Shown")[1] == sorted(
        [str(hidden.content_id), str(shown.content_id)], reverse=True
    )


def test_what_is_left_out_is_a_name_like_any(stores: None, api: APIClient) -> None:
    titled(status="archived", genre="Hidden")
    drama, comedy = titled(genre="Drama"), titled(genre="Comedy")

    assert asked(api, "not_genre=Drama") == (200, [str(comedy.content_id)])
    for query in ("not_genre={}", "not_genre=Drama|{}", "genre=Comedy&not_genre={}"):
        for name in ("Hidden", "Nothing"):
            assert asked(api, query.format(name)) == (400, {"not_genre": f"There is no genre {name}."})
    assert asked(api, "genre=Drama&not_genre=Comedy") == (200, [str(drama.content_id)])


def test_hidden_names_and_unknown_ones_are_refused_together(stores: None, api: APIClient) -> None:
    """Else which of two names is told would say which of them there is."""
    titled(genre="Drama")
    titled(status="draft", genre="Hidden", keyword="hidden", studio="Hidden")

    for genre, keyword in (("Hidden", "nothing"), ("Nothing", "hidden"), ("Hidden", "hidden")):
        assert asked(api, f"genre=Drama|{genre}|Other&keyword={keyword}&studio=Hidden") == (
            400,
            {
                "genre": f"There is no genre {genre}, Other.",
                "keyword": f"There is no keyword {keyword}.",
                "studio": "There is no studio Hidden.",
            },
        )


def test_a_hidden_spelling_of_a_name_changes_no_answer(stores: None, api: APIClient) -> None:
    """Of two that differ in case alone the one spelled like the name is meant, of those that the public knows."""
    drama = titled(genre="Drama")
    other = titled(genre="Comedy")
    queries = ("genre=DRAMA", "genre=DRAMA|Comedy", "not_genre=DRAMA", "genre=DRAMA&facets=genre,type")
    before = [api.get(f"{LIST}?{query}").content for query in queries]

    shouted = titled(status="draft", genre="DRAMA")

    assert [api.get(f"{LIST}?{query}").content for query in queries] == before
    assert asked(api, "genre=DRAMA") == (200, [str(drama.content_id)])
    assert asked(api, "not_genre=DRAMA") == (200, [str(other.content_id)])
    contents_set_status(content_ids=[shouted.content_id], status=Content.Status.PUBLISHED)
    assert asked(api, "genre=DRAMA") == (200, [str(shouted.content_id)])
    assert asked(api, "genre=drama") == (200, [str(drama.content_id)])


def test_a_name_is_known_to_all_where_anybody_may_see_a_title_of_it(stores: None, api: APIClient) -> None:
    abroad = titled(keyword="abroad")
    WindowFactory(content=abroad, territory="FR")
    indexed(abroad)

    assert asked(api, "keyword=abroad&available_in=DE") == (200, [])
    assert asked(api, "keyword=abroad&year=1800") == (200, [])
    assert asked(api, "keyword=abroad&maturity_lte=6") == (200, [])


def test_a_page_behind_the_last_is_empty_and_no_error(stores: None, api: APIClient) -> None:
    first, last = (titled(genre="Drama") for _ in range(2))
    following = api.get(f"{LIST}?genre=Drama&limit=1").json()["next"]
    gone = max(first.content_id, last.content_id)
    left = min(first.content_id, last.content_id)

    contents_set_status(content_ids=[left], status=Content.Status.ARCHIVED)

    answer = api.get(following)
    assert answer.status_code == 200
    assert answer.json()["results"] == [] and answer.json()["next"] is None
    assert asked(api, "genre=Drama") == (200, [str(gone)])


def test_facets_name_nothing_that_only_hidden_titles_have(stores: None, api: APIClient) -> None:
    titled(status="draft", genre="Hidden", keyword="hidden", studio="Hidden")
    titled(genre="Drama", keyword="robot", studio="Beta")
    facets = "genre,type,year,country,keyword,studio"

    for query in ("genre=Drama&year=1800", "year=1800", "genre=Drama", "not_genre=Drama", ""):
        answer = api.get(f"{LIST}?{query}&facets={facets}")
        assert answer.status_code == 200, answer.content
        assert b"idden" not in answer.content, query
    empty = api.get(f"{LIST}?genre=Drama&year=1800&facets={facets}").json()
    assert {name for name, values in empty["facets"].items() if values} == {"year"}


def test_a_rule_of_a_hidden_name_is_an_empty_collection(stores: None, api: APIClient) -> None:
    hidden = titled(status="draft", genre="Hidden")
    GenreFactory(name="Of nothing")

    for rule in ("genre=Hidden", "not_genre=Of nothing", "genre=Hidden|Of nothing"):
        collection = CollectionFactory(rule=rule)
        answer = api.get(f"/api/v1/collections/{collection.collection_id}")
        assert answer.status_code == 200
        assert answer.json()["results"] == [], rule
    contents_set_status(content_ids=[hidden.content_id], status=Content.Status.PUBLISHED)
    assert api.get(f"/api/v1/collections/{collection.collection_id}").json()["results"] != []
