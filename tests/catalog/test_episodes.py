"""Seasons and episodes: as they are read, in each order, a page at a time."""

from datetime import date
from typing import Any

import pytest
from rest_framework.test import APIClient

from catalog.models import Content
from streaming.api.pages import cursor_of, question_of
from tests.factories import (
    ContentFactory,
    EpisodeFactory,
    EpisodeOrderFactory,
    MarkerFactory,
    SeasonFactory,
)


def seasons_of(content: Content) -> str:
    return f"/api/v1/content/{content.content_id}/seasons"


def episodes_of(content: Content, season: int) -> str:
    return f"{seasons_of(content)}/{season}/episodes"


@pytest.fixture
def series(stores: None) -> Content:
    """Specials and two seasons: of one episode, of none, of three."""
    content: Content = ContentFactory(content_type="series")
    for number, title in ((0, "Specials"), (1, ""), (2, "The return")):
        SeasonFactory(content=content, number=number, title=title, summary=f"About {number}.")
    EpisodeFactory(content=content, season_number=0, number=1, title="Making of")
    for number, aired, absolute in ((1, date(2001, 2, 3), None), (2, date(2001, 1, 1), 12), (3, None, 11)):
        EpisodeFactory(
            content=content,
            season_number=2,
            number=number,
            title=f"Part {number}",
            air_date=aired,
            absolute_number=absolute,
        )
    other = ContentFactory(content_type="series")  # whose rows are nobody's business here
    SeasonFactory(content=other, number=1)
    EpisodeFactory(content=other, season_number=1, number=1)
    return content


def test_seasons_come_by_number_with_what_is_known_of_their_episodes(series: Content, api: APIClient) -> None:
    answer = api.get(seasons_of(series)).json()

    specials, first, second = series.seasons.order_by("number")
    nothing = {"first_air_date": None, "last_air_date": None}
    assert answer == {
        "results": [
            {
                "season_id": str(specials.id),
                "number": 0,
                "title": "Specials",
                "summary": "About 0.",
                "episode_count": 1,
                **nothing,
            },
            {
                "season_id": str(first.id),
                "number": 1,
                "title": "",
                "summary": "About 1.",
                "episode_count": 0,
                **nothing,
            },
            {
                "season_id": str(second.id),
                "number": 2,
                "title": "The return",
                "summary": "About 2.",
                "episode_count": 3,
                "first_air_date": "2001-01-01",
                "last_air_date": "2001-02-03",
            },
        ],
        "next": None,
    }


def test_what_is_no_series_has_no_seasons(stores: None, api: APIClient) -> None:
    assert api.get(seasons_of(ContentFactory())).json() == {"results": [], "next": None}


def test_an_episode_has_its_place_its_texts_and_its_markers(series: Content, api: APIClient) -> None:
    episode = series.episodes.get(season_number=0)
    episode.summary, episode.runtime_minutes, episode.kind = "Behind the scenes.", 24, "special"
    episode.production_code = "0X01"
    episode.save()
    MarkerFactory(content=series, episode=episode, kind="credits", start_seconds="1400", end_seconds="1440.5")
    MarkerFactory(content=series, episode=episode, kind="recap", start_seconds="0", end_seconds="30")
    MarkerFactory(content=series)
    MarkerFactory(content=series, episode=series.episodes.get(season_number=2, number=1))

    answer = api.get(episodes_of(series, 0)).json()

    assert answer == {
        "results": [
            {
                "episode_id": str(episode.id),
                "season_number": 0,
                "number": 1,
                "aired_season_number": 0,
                "aired_number": 1,
                "absolute_number": None,
                "title": "Making of",
                "summary": "Behind the scenes.",
                "air_date": None,
                "runtime_minutes": 24,
                "kind": "special",
                "production_code": "0X01",
                "markers": [
                    {"kind": "recap", "start_seconds": 0.0, "end_seconds": 30.0},
                    {"kind": "credits", "start_seconds": 1400.0, "end_seconds": 1440.5},
                ],
            }
        ],
        "next": None,
    }


def walked(api: APIClient, url: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    following: str | None = url
    while following:
        answer = api.get(following)
        assert answer.status_code == 200, answer.content
        rows += answer.json()["results"]
        following = answer.json()["next"]
    return rows


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_each_order_has_its_own_seasons_and_numbers_in_pages_of_any_size(
    series: Content, api: APIClient, limit: int
) -> None:
    special = series.episodes.get(season_number=0)
    first, second, third = series.episodes.filter(season_number=2).order_by("number")
    for order, place, episode in (
        ("dvd", 1, third),
        ("dvd", 2, special),
        ("dvd", 5, first),
        ("story", 1, second),
    ):
        EpisodeOrderFactory(episode=episode, order=order, season_number=4, number=place)

    def places(season: int, order: str) -> list[tuple[Any, ...]]:
        rows = walked(api, f"{episodes_of(series, season)}?order={order}&limit={limit}")
        names = ("title", "season_number", "number", "aired_season_number", "aired_number")
        return [tuple(row[name] for name in names) for row in rows]

    assert places(2, "aired") == [("Part 1", 2, 1, 2, 1), ("Part 2", 2, 2, 2, 2), ("Part 3", 2, 3, 2, 3)]
    assert places(2, "absolute") == [("Part 3", 2, 3, 2, 3), ("Part 2", 2, 2, 2, 2), ("Part 1", 2, 1, 2, 1)]
    assert places(4, "dvd") == [("Part 3", 4, 1, 2, 3), ("Making of", 4, 2, 0, 1), ("Part 1", 4, 5, 2, 1)]
    assert places(4, "story") == [("Part 2", 4, 1, 2, 2)]
    assert api.get(episodes_of(series, 1)).json()["results"] == []


def test_pages_of_seasons_show_each_once(series: Content, api: APIClient) -> None:
    numbers = [row["number"] for row in walked(api, f"{seasons_of(series)}?limit=1")]

    assert numbers == [0, 1, 2]


@pytest.mark.parametrize(
    ("season", "order"),
    [
        ("3", "aired"),
        ("3", "absolute"),
        ("2", "dvd"),
        ("2147483648", "aired"),
        ("9" * 18, "story"),
        ("9" * 5000, "aired"),
    ],
)
def test_a_season_that_the_order_does_not_have_is_not_found(
    series: Content, api: APIClient, season: str, order: str
) -> None:
    answer = api.get(f"{seasons_of(series)}/{season}/episodes?order={order}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("order", ["", "AIRED", "random", "season_number"])
def test_an_order_that_does_not_exist_is_refused(series: Content, api: APIClient, order: str) -> None:
    answer = api.get(episodes_of(series, 2), {"order": order})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "order")


@pytest.mark.parametrize("order", ["aired", "absolute", "dvd"])
def test_a_cursor_of_numbers_that_no_row_has_is_a_page_without_rows(
    series: Content, api: APIClient, order: str
) -> None:
    EpisodeOrderFactory(episode=series.episodes.filter(season_number=2).first(), season_number=2, number=1)
    episodes = question_of("episodes", series.content_id, 2, order)
    for beyond in ("2147483647", "2147483648", "9" * 18):
        query = {"order": order, "cursor": cursor_of(episodes, beyond, beyond)}
        assert api.get(episodes_of(series, 2), query).json() == {"results": [], "next": None}, beyond
        here = {"cursor": cursor_of(question_of("seasons", series.content_id), beyond)}
        assert api.get(seasons_of(series), here).json() == {"results": [], "next": None}
    for malformed in (["-1", "1"], ["1", "1.0"], ["١", "1"], ["9" * 19, "1"], ["1"], ["", "1"]):
        answer = api.get(episodes_of(series, 2), {"order": order, "cursor": cursor_of(episodes, *malformed)})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "cursor"), malformed


@pytest.mark.parametrize("hidden", [{"status": "draft"}, {"status": "archived"}])
def test_seasons_and_episodes_of_a_title_that_is_not_public_are_not_found(
    stores: None, api: APIClient, hidden: dict[str, Any]
) -> None:
    content = ContentFactory(content_type="series", **hidden)
    SeasonFactory(content=content, number=1)
    EpisodeFactory(content=content, season_number=1, number=1)

    for url in (seasons_of(content), episodes_of(content, 1)):
        assert (api.get(url).status_code, api.get(url).json()["code"]) == (404, "not_found")
