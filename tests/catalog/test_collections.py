"""Collections: what may be saved, what the public sees of them, in which order."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import connections
from rest_framework.test import APIClient

from catalog.models import Collection, CollectionItem, Content, Genre
from catalog.services import (
    CollectionRefused,
    collection_save,
    collection_set_items,
    collections_delete,
    contents_delete,
    contents_set_status,
    terms_delete,
)
from catalog.services import collections as service
from tests.factories import CollectionFactory, ContentFactory, WindowFactory, indexed

ALL = "/api/v1/collections"


def url_of(collection: Collection) -> str:
    return f"{ALL}/{collection.collection_id}"


def shown(api: APIClient, url: str) -> list[str]:
    """Titles over all pages."""
    found: list[str] = []
    following: str | None = url
    while following:
        answer = api.get(following)
        assert answer.status_code == 200, answer.content
        found += [card["title"] for card in answer.json()["results"]]
        following = answer.json()["next"]
    return found


def titled(*names: str, **fields: object) -> list[UUID]:
    made = [ContentFactory(title=name, **fields) for name in names]
    indexed(*made)
    return [content.content_id for content in made]


def positions(collection: Collection) -> dict[UUID, tuple[UUID, int]]:
    rows = CollectionItem.objects.filter(collection=collection)
    return {row.content_id: (row.id, row.position) for row in rows}


def test_titles_are_in_the_order_they_were_put_in(stores: None, api: APIClient) -> None:
    a, b, c, d = titled("A", "B", "C", "D")
    collection = collection_save(collection=CollectionFactory.build(name="Picked", summary="By hand."))

    for order, names in (([c, a, b], "CAB"), ([a, d, c], "ADC"), ([], ""), ([d, c, b, a], "DCBA")):
        collection_set_items(collection_id=collection.collection_id, content_ids=order)
        assert shown(api, url_of(collection)) == list(names)
        assert shown(api, f"{url_of(collection)}?limit=1") == list(names)
    body = api.get(url_of(collection)).json()
    assert (body["name"], body["summary"], body["collection_id"]) == (
        *("Picked", "By hand."),
        str(collection.collection_id),
    )


def test_only_what_differs_is_written(stores: None) -> None:
    a, b, c = titled("A", "B", "C")
    collection = CollectionFactory()
    collection_set_items(collection_id=collection.collection_id, content_ids=[a, b, c])
    before = positions(collection)
    updated = dict(Content.objects.values_list("content_id", "updated_at"))

    collection_set_items(collection_id=collection.collection_id, content_ids=[a, c])

    after = positions(collection)
    assert after[a] == before[a]
    assert after[c] == (before[c][0], 1)
    assert b not in after
    assert dict(Content.objects.values_list("content_id", "updated_at")) == updated


def test_hidden_titles_are_not_in_it_and_pages_stay_full(stores: None, api: APIClient) -> None:
    ids = titled(*"ABCDEFG")
    french = ContentFactory(title="French")
    WindowFactory(content=french, territory="FR")
    indexed(french)
    collection = CollectionFactory()
    collection_set_items(collection_id=collection.collection_id, content_ids=[french.content_id, *ids])
    contents_set_status(content_ids=ids[1:3], status=Content.Status.ARCHIVED)
    contents_delete(content_ids=[ids[4]])

    assert shown(api, f"{url_of(collection)}?limit=2") == ["French", "A", "D", "F", "G"]
    first = api.get(f"{url_of(collection)}?limit=2&available_in=DE").json()
    assert [card["title"] for card in first["results"]] == ["A", "D"]
    assert shown(api, first["next"]) == ["F", "G"]


def test_a_rule_lists_what_it_finds_in_its_own_order(stores: None, api: APIClient) -> None:
    titled("B", "A", genres=["Drama"], rating="8.0")
    titled("C", genres=["Drama"], rating="9.0")
    titled("D", genres=["Drama"], rating="3.0")
    titled("E", genres=["Comedy"], rating="9.5")
    titled("F", genres=["Drama"], rating="9.9", status="draft")
    collection = collection_save(
        collection=CollectionFactory.build(rule="genre=drama&rating_gte=5&sort=title")
    )

    assert shown(api, url_of(collection)) == ["A", "B", "C"]
    assert shown(api, f"{url_of(collection)}?limit=1") == ["A", "B", "C"]
    collection.rule = "type=movie&sort=-rating&rating_gte=9"
    collection_save(collection=collection)
    assert shown(api, url_of(collection)) == ["E", "C"]


def test_a_rule_and_a_request_each_say_for_whom(stores: None, api: APIClient) -> None:
    for territory in ("DE", "FR"):
        content = ContentFactory(title=territory)
        WindowFactory(content=content, territory=territory)
        indexed(content)
    titled("Everywhere")
    collection = collection_save(collection=CollectionFactory.build(rule="available_in=DE&sort=title"))

    assert shown(api, url_of(collection)) == ["DE", "Everywhere"]
    assert shown(api, f"{url_of(collection)}?available_in=FR") == ["Everywhere"]


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("genre=Nope", "genre: There is no genre Nope."),
        ("year=1999..1990", "year: The range ends before it begins; write 1990..1999."),
        ("facets=genre", "facets: There is no such parameter."),
        ("drama", "This is no query string"),
        ("type=movie&" * 300, "At most 2,000 characters."),
    ],
)
def test_a_rule_that_the_list_would_refuse_is_not_saved(stores: None, rule: str, told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        collection_save(collection=CollectionFactory.build(rule=rule))

    (message,) = refused.value.message_dict["rule"]
    assert message.startswith(told)
    assert not Collection.objects.exists()


def test_a_rule_that_has_lost_its_genre_finds_nothing(
    stores: None, api: APIClient, caplog: pytest.LogCaptureFixture
) -> None:
    titled("A", genres=["Drama"])
    collection = collection_save(collection=CollectionFactory.build(rule="genre=Drama"))
    assert shown(api, url_of(collection)) == ["A"]
    terms_delete(model=Genre, keys=[Genre.objects.get(name="Drama").pk])

    assert shown(api, url_of(collection)) == []
    assert (
        f"collection {collection.collection_id} finds nothing: genre: There is no genre Drama." in caplog.text
    )


def test_what_cannot_be_in_a_collection_is_refused_and_changes_nothing(
    stores: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = titled("A", "B")
    collection = CollectionFactory()
    collection_set_items(collection_id=collection.collection_id, content_ids=[a])
    ruled = collection_save(collection=CollectionFactory.build(rule="type=movie"))
    monkeypatch.setattr(service, "MOST_ITEMS", 2)
    unknown = uuid4()
    for target, ids, told in (
        (collection, [a, a], "A title is in a collection once."),
        (collection, [a, b, unknown], "“{name}” is picked by hand, and such has at most 2 titles."),
        (collection, [b, unknown], f"There is no title {unknown}."),
        (ruled, [a], "“{name}” has a rule, which says what is in it."),
    ):
        with pytest.raises(CollectionRefused) as refused:
            collection_set_items(collection_id=target.collection_id, content_ids=ids)
        assert str(refused.value) == told.format(name=target.name)
    assert list(positions(collection)) == [a]
    with pytest.raises(Collection.DoesNotExist):
        collection_set_items(collection_id=uuid4(), content_ids=[a])
    collection.rule = "type=movie"
    with pytest.raises(CollectionRefused, match="put in by hand"):
        collection_save(collection=collection)


def test_a_deleted_collection_leaves_its_titles(stores: None, api: APIClient) -> None:
    (a,) = titled("A")
    collection = CollectionFactory()
    collection_set_items(collection_id=collection.collection_id, content_ids=[a])

    collections_delete(collection_ids=[collection.collection_id])

    assert api.get(url_of(collection)).status_code == 404
    assert not CollectionItem.objects.exists()
    assert Content.objects.filter(content_id=a).exists()


def test_of_two_editors_one_order_holds_whole(stores: None) -> None:
    ids = titled(*"ABCDEFGH")
    collection = CollectionFactory()
    orders = [ids, ids[::-1], ids[4:] + ids[:4], ids[::2]]

    def put(order: list[UUID]) -> None:
        try:
            collection_set_items(collection_id=collection.collection_id, content_ids=order)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, orders * 3))

    rows = CollectionItem.objects.filter(collection=collection).order_by("position", "content_id")
    assert list(rows.values_list("content_id", flat=True)) in orders


def test_published_collections_are_listed_by_name(stores: None, api: APIClient) -> None:
    names = ["a", "B", "b", "Été", "b"]
    for name in names:
        CollectionFactory(name=name, summary=f"Of {name}")
    unpublished = CollectionFactory(name="Secret", is_published=False)
    found: list[tuple[str, str]] = []
    following: str | None = f"{ALL}?limit=2"
    while following:
        body = api.get(following).json()
        found += [(each["name"], each["collection_id"]) for each in body["results"]]
        following = body["next"]

    assert found == sorted(found)
    assert sorted(name for name, _ in found) == sorted(names)
    assert api.get(url_of(unpublished)).json()["code"] == "not_found"
