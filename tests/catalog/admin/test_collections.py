"""The pages of collections."""

from typing import Any

import pytest
from django.db import DatabaseError, connections
from django.test import Client
from rest_framework.test import APIClient

from catalog.models import Collection, CollectionItem, Content
from streaming.stores.aliases import CATALOG
from tests.admin_pages import queries_of, staff_with, values_of
from tests.catalog.admin.pages import row_errors, rows, save, saved_or_errors
from tests.factories import CollectionFactory, CollectionItemFactory, ContentFactory, indexed

COLLECTIONS = "/admin/catalog/collection/"


def page_of(collection: Collection) -> str:
    return f"{COLLECTIONS}{collection.collection_id}/change/"


def item(title: Content, place: str = "") -> dict[str, str]:
    return {"content": str(title.content_id), "position": place}


def in_the_api(api: APIClient, collection: Collection) -> list[str]:
    answer = api.get(f"/api/v1/collections/{collection.collection_id}").json()
    return [card["title"] for card in answer["results"]]


def test_titles_are_picked_ordered_and_taken_out(editor: Client, api: APIClient) -> None:
    metropolis, m, spione = (ContentFactory(title=title) for title in ("Metropolis", "M", "Spione"))
    indexed(metropolis, m, spione)
    typed = {
        "name": "Lang",
        "is_published": "on",
        **rows("items", item(m, "9"), item(spione), item(metropolis, "2")),
    }
    assert saved_or_errors(save(editor, f"{COLLECTIONS}add/", typed)) == "saved"
    collection = Collection.objects.get()
    assert in_the_api(api, collection) == ["Metropolis", "M", "Spione"]

    changes = {"items-0-DELETE": "on", "items-2-position": "0"}
    assert saved_or_errors(save(editor, page_of(collection), changes)) == "saved"

    assert in_the_api(api, collection) == ["Spione", "M"]
    page = editor.get(page_of(collection)).content.decode()
    assert page.index(">Spione</a></li>") < page.index(">M</a></li>")


def test_a_title_twice_is_an_error(editor: Client) -> None:
    collection, title = CollectionFactory(), ContentFactory()
    response = save(editor, page_of(collection), rows("items", item(title), item(title)))
    assert row_errors(response, "items")[1] == {"__all__": [f"“{title}”, on this page, has title {title}."]}


def test_a_rule_is_checked_and_shows_what_it_finds(editor: Client) -> None:
    indexed(
        ContentFactory(title="Metropolis", content_type="movie"),
        ContentFactory(title="Dark", content_type="series"),
    )
    collection = CollectionFactory()

    response = save(editor, page_of(collection), {"rule": "colour=green"})
    assert list(response.context["adminform"].form.errors) == ["rule"]
    response = save(editor, page_of(collection), {"rule": " type=series "})

    assert saved_or_errors(response) == "saved"
    page = editor.get(page_of(collection)).content.decode()
    assert ">Dark</a></li>" in page
    assert ">Metropolis</a></li>" not in page


def test_a_collection_has_a_rule_or_titles(editor: Client) -> None:
    collection = CollectionItemFactory().collection
    told = [
        "A rule says what is in this collection. To pick titles by hand, empty it; to have it, take these titles "
        "out first, and save."
    ]
    assert saved_or_errors(save(editor, page_of(collection), {"rule": "type=series"})) == told
    by_rule = CollectionFactory(rule="type=series")
    assert saved_or_errors(save(editor, page_of(by_rule), rows("items", item(ContentFactory())))) == told


def test_a_deleted_collection_leaves_its_titles(editor: Client) -> None:
    entry = CollectionItemFactory()
    address = f"{COLLECTIONS}{entry.collection_id}/delete/"
    assert editor.post(address, {"post": "yes"}).status_code == 302
    counts = (Collection.objects.count(), CollectionItem.objects.count(), Content.objects.count())
    assert counts == (0, 0, 1)


def test_of_the_chosen_collections_all_are_deleted_or_none(editor: Client) -> None:
    """Keeps away: a transaction for each, of which the first stands when the last fails."""
    collections = [CollectionItemFactory().collection for _ in range(3)]
    ids = [each.collection_id for each in collections]
    typed = {"action": "delete_selected", "post": "yes", "_selected_action": list(map(str, ids))}

    def refuse_the_last(execute: Any, sql: str, params: Any, *rest: Any) -> Any:
        if sql.startswith('DELETE FROM "collections"') and ids[-1] in params:
            raise DatabaseError("refused")
        return execute(sql, params, *rest)

    with connections[CATALOG].execute_wrapper(refuse_the_last), pytest.raises(DatabaseError, match="refused"):
        editor.post(COLLECTIONS, typed)
    assert Collection.objects.count() == CollectionItem.objects.count() == 3

    editor.post(COLLECTIONS, typed)
    assert not Collection.objects.exists()
    assert not CollectionItem.objects.exists()


def test_staff_with_the_rights_to_collections_may_edit_what_is_in_them(stores: None) -> None:
    entry = CollectionItemFactory()
    reader, editor = (
        staff_with("view_collection"),
        staff_with("view_collection", "change_collection", "view_content"),
    )
    assert "items-0-position" not in values_of(reader.get(page_of(entry.collection)))
    assert saved_or_errors(save(editor, page_of(entry.collection), {"items-0-DELETE": "on"})) == "saved"
    assert not CollectionItem.objects.exists()


@pytest.mark.parametrize("rule", ["", "type=movie"])
def test_a_collections_page_costs_the_same_with_1_and_100_titles(editor: Client, rule: str) -> None:
    def cost(collection: Collection) -> tuple[int, int]:
        to_open = queries_of(lambda: editor.get(page_of(collection)))
        values = values_of(editor.get(page_of(collection))) | {"summary": "Changed."}
        to_save = queries_of(lambda: editor.post(page_of(collection), values))
        return to_open, to_save

    first, small, large = CollectionFactory.create_batch(3, rule=rule)
    if not rule:
        for collection, many in ((first, 1), (small, 1), (large, 100)):
            titles = ContentFactory.create_batch(many)
            indexed(*titles)
            for title in titles:
                CollectionItemFactory(collection=collection, content=title)
    cost(first)
    assert cost(small) == cost(large)
