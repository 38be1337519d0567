"""Lists: what narrows them, and what addresses made by hand lead to."""

import pytest
from django.db import connections
from django.test import Client

from catalog.models import Genre
from catalog.services import contents_touch
from streaming.stores.aliases import CATALOG
from tests.admin_pages import queries_of
from tests.catalog.admin.pages import GENRES, PEOPLE, TITLES
from tests.factories import ContentFactory, WindowFactory, indexed


@pytest.mark.parametrize(
    "address",
    [
        f"{TITLES}?q=%00",
        f"{TITLES}?status__exact=%00",
        f"{TITLES}?released=%00",
        f"{TITLES}?released=soon",
        f"{TITLES}?genres__genre_id__exact=%00",
        f"{TITLES}?genres__genre_id__exact=99999999999999999999",
        f"{TITLES}?p=99999999999",
        f"{TITLES}?o=99.-99.x",
        f"{TITLES}?no_such_field=1",
        f"{TITLES}%00/change/",
        f"{TITLES}not-an-id/change/",
        f"{GENRES}99999999999999999999/change/",
        f"{PEOPLE}?q=%00",
        "/admin/autocomplete/?app_label=catalog&model_name=credit&field_name=person&term=%00",
    ],
)
def test_a_senseless_address_leads_to_a_page(editor: Client, address: str) -> None:
    assert editor.get(address, follow=True).status_code == 200


def test_search_finds_by_title_and_original_title(editor: Client) -> None:
    indexed(
        ContentFactory(title="Spirited Away", original_title="千と千尋の神隠し"),
        ContentFactory(title="Metropolis"),
    )

    def found(query: str) -> list[str]:
        return [content.title for content in editor.get(TITLES, {"q": query}).context["cl"].result_list]

    assert found("spirited") == ["Spirited Away"]
    assert found("千尋") == ["Spirited Away"]
    assert found("nothing like it") == []


def test_filters_choose_by_status_kind_decade_and_genre(editor: Client) -> None:
    ContentFactory(title="Metropolis", release_date="1927-01-10", genres=["Silent"])
    ContentFactory(title="Dark", content_type="series", release_date="2017-12-01", status="draft")
    ContentFactory(title="Someday", release_date=None)

    def shown(**query: str) -> list[str]:
        return sorted(content.title for content in editor.get(TITLES, query).context["cl"].result_list)

    assert shown(status__exact="draft") == ["Dark"]
    assert shown(content_type__exact="movie") == ["Metropolis", "Someday"]
    assert shown(released="2010") == ["Dark"]
    assert shown(released="before") == ["Metropolis"]
    assert shown(released="unknown") == ["Someday"]
    assert shown(genres__genre_id__exact=str(Genre.objects.get().genre_id)) == ["Metropolis"]


def test_the_list_of_titles_costs_the_same_with_1_and_50_rows(editor: Client) -> None:
    ContentFactory(genres=["Drama"])
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(
            "VACUUM content_metadata"
        )  # else it may seem to have the thousands that another test deleted
    one = queries_of(lambda: editor.get(TITLES))
    ContentFactory.create_batch(49, genres=["Drama"])
    assert queries_of(lambda: editor.get(TITLES)) == one == 7


def test_search_forgives_a_typo_and_finds_titles_of_every_status(editor: Client) -> None:
    for status in ("draft", "published", "archived"):
        indexed(ContentFactory(title="Metropolis", status=status))

    found = editor.get(TITLES, {"q": "Metrpolis"}).context["cl"].result_list

    assert sorted(content.status for content in found) == ["archived", "draft", "published"]


def test_the_list_says_what_is_public_now(editor: Client) -> None:
    shown, closed = ContentFactory(title="Open"), ContentFactory(title="Closed")
    ContentFactory(title="Draft", status="draft")
    WindowFactory(content=closed, ends_at=shown.published_at)
    contents_touch([closed.content_id])

    page = editor.get(TITLES)

    rows = {content.title: content for content in page.context["cl"].result_list}
    public = page.context["cl"].model_admin.public_now
    assert {name: public(content) for name, content in rows.items()} == {
        **{"Open": True, "Closed": False, "Draft": False}
    }
    assert page.content.count(b"icon-yes") == 1
