"""Pages of a list while titles come and go, and cursors that are not of the list."""

import random
from typing import Any

import pytest
from rest_framework.test import APIClient

from catalog.orders import ORDERS
from catalog.services import contents_delete
from tests.catalog.listing.world import World, a_title, expected, write

LIST = "/api/v1/content"


def ids_on(api: APIClient, url: str) -> tuple[list[str], str | None]:
    answer = api.get(url)
    assert answer.status_code == 200, answer.content
    body = answer.json()
    return [card["content_id"] for card in body["results"]], body["next"]


@pytest.mark.usefixtures("first_milestone")
@pytest.mark.parametrize("sort", ORDERS)
def test_a_walk_sees_each_title_once_while_others_come_and_go(
    world: World, api: APIClient, sort: str
) -> None:
    """What was there before the walk and stays is seen, in order; what comes or goes meanwhile may be."""
    rng = random.Random(3)
    at_first = [str(content_id) for content_id in expected(world, {"sort": sort})]
    following: str | None = f"{LIST}?sort={sort}&limit=25"
    seen: list[str] = []
    gone: set[str] = set()
    while following:
        page, following = ids_on(api, following)
        seen += page
        come = [a_title(rng, world.people) for _ in range(3)]
        write(come, world.ids)
        world.titles += come
        leaving = rng.sample([title for title in world.titles if str(title.id) not in gone], 3)
        contents_delete(content_ids=[title.id for title in leaving])
        gone |= {str(title.id) for title in leaving}

    assert len(seen) == len(set(seen))
    stayed = [content_id for content_id in at_first if content_id not in gone]
    assert len(stayed) > 100
    assert [content_id for content_id in seen if content_id in set(stayed)] == stayed


def test_a_cursor_of_another_list_is_refused(world: World, api: APIClient) -> None:
    _, following = ids_on(api, f"{LIST}?sort=-year&limit=5")
    assert following
    cursor = following.split("cursor=")[1]

    for other in (
        "",
        "sort=year",
        "sort=-year&type=movie",
        "sort=-year&available_in=DE",
        "sort=-year&genre=drama",
    ):
        answer = api.get(f"{LIST}?{other}&cursor={cursor}")
        assert answer.status_code == 400, other
        assert errors_of(answer) == {"cursor": "invalid_cursor"}, other
    assert ids_on(api, f"{LIST}?sort=-year&limit=50&facets=type&cursor={cursor}")[0]


def test_the_last_page_of_exactly_as_many_titles_has_no_next(world: World, api: APIClient) -> None:
    many = len(expected(world, {"type": "movie", "genre": "Drama"}))

    page, following = ids_on(api, f"{LIST}?type=movie&genre=Drama&limit={many}")
    assert (len(page), following) == (many, None)
    page, following = ids_on(api, f"{LIST}?type=movie&genre=Drama&limit={many - 1}")
    assert following is not None
    assert (len(ids_on(api, following)[0]), ids_on(api, following)[1]) == (1, None)


def errors_of(answer: Any) -> dict[str, str]:
    return {error["field"]: error["code"] for error in answer.json()["errors"]}
