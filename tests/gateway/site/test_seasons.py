"""The seasons on a series' page, and the episodes of one of them."""

import re
from collections.abc import Iterator

import pytest
from django.db import connections
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Content
from streaming.gateway.site.seasons import MOST_EPISODES, MOST_SEASONS, seasons_shown
from streaming.stores.aliases import CATALOG
from tests.factories import ContentFactory, EpisodeFactory, SeasonFactory, indexed


@pytest.fixture
def series(stores: None) -> Iterator[Content]:
    """Specials of one episode, a season of two, one of one, and one that is announced."""
    made: Content = ContentFactory(title="Dark", content_type="series")
    for number in range(4):
        SeasonFactory(content=made, number=number)
    for season, number, title in (
        (0, 1, "Making of"),
        (1, 1, "Secrets"),
        (1, 2, "Lies"),
        (2, 1, "Beginnings"),
    ):
        EpisodeFactory(
            content=made,
            season_number=season,
            number=number,
            title=title,
            air_date=f"20{17 + season}-12-0{number}",
            runtime_minutes=51,
        )
    indexed(made)
    yield made


def episodes_on(client: Client, series: Content, **asked: int | str) -> list[str]:
    text = client.get(f"/titles/{series.content_id}", asked).content.decode()
    return re.findall(r'<li value="[0-9]+"><strong>([^<]*)</strong>', text)


def test_the_first_season_is_open_and_each_other_one_a_link_away(client: Client, series: Content) -> None:
    text = client.get(f"/titles/{series.content_id}").content.decode()

    assert episodes_on(client, series) == ["Secrets", "Lies"]
    assert "2018-12-01 · 51 min" in text
    assert re.findall(r'href="(/titles/[^"]*#seasons)"', text) == [
        f"/titles/{series.content_id}?season={number}#seasons" for number in range(3)
    ]
    assert episodes_on(client, series, season=0) == ["Making of"]
    assert episodes_on(client, series, season=2) == ["Beginnings"]


def test_a_season_without_episodes_leads_nowhere_and_says_so(client: Client, series: Content) -> None:
    """Keeps away: a link to an empty list."""
    text = client.get(f"/titles/{series.content_id}").content.decode()

    assert "season=3" not in text
    assert re.search(r"<li>Season 3\s+<span class=\"quiet\">no episodes yet</span>", text)
    assert "/api/v1/content/" not in text.split('id="seasons"')[1].split("</section>")[0]


@pytest.mark.parametrize("season", [4, -1, 10**12, "x", "\x00"])
def test_a_season_that_there_is_not_is_not_here(client: Client, series: Content, season: int | str) -> None:
    """Keeps away: another season than the one that was asked for, and no word of it."""
    for content in (series, ContentFactory()):
        assert client.get(f"/titles/{content.content_id}", {"season": season}).status_code == 404


def test_a_season_that_has_no_episodes_yet_says_so(client: Client, series: Content) -> None:
    text = client.get(f"/titles/{series.content_id}", {"season": 3}).content.decode()

    assert "<h3>Season 3</h3>" in text
    assert "No episodes yet." in text
    assert episodes_on(client, series, season=3) == []


def test_without_a_number_the_first_season_is_open(client: Client, series: Content) -> None:
    for asked in ({"season": ""}, {"season": "", "after": 1}, {"after": 1}):
        assert episodes_on(client, series, **asked) == ["Secrets", "Lies"]


def test_what_is_past_a_season_s_last_episode_is_not_here(client: Client, series: Content) -> None:
    assert episodes_on(client, series, season=1, after=1) == ["Lies"]
    for after in (2, 10**12, -1):
        asked = {"season": 1, "after": after}
        assert client.get(f"/titles/{series.content_id}", asked).status_code == 404, after


def test_each_season_of_very_many_can_be_reached(client: Client, stores: None) -> None:
    """Keeps away: a 101st season that no link leads to, and that is answered with the first one."""
    daily = ContentFactory(content_type="series")
    for number in range(1, 2 * MOST_SEASONS + 2):
        SeasonFactory(content=daily, number=number)
    EpisodeFactory(content=daily, season_number=1, number=1, title="The first")
    EpisodeFactory(content=daily, season_number=MOST_SEASONS + 7, number=1, title="A later one")
    indexed(daily)
    page, listed = f"/titles/{daily.content_id}", []

    address: str | None = page
    while address:
        text = client.get(address).content.decode()
        listed += [int(number) for number in re.findall(r"<li>(?:<a [^>]*>)?Season ([0-9]+)", text)]
        onward = re.search(r'<a href="([^"]*)#seasons">Seasons from [0-9]+ on</a>', text)
        assert (f'<a href="{page}#seasons">The first seasons</a>' in text) is (address != page)
        address = onward and onward[1]

    assert listed == list(range(1, 2 * MOST_SEASONS + 2))
    assert episodes_on(client, daily) == ["The first"]
    assert episodes_on(client, daily, season=MOST_SEASONS + 7) == ["A later one"]
    assert client.get(page, {"season": 2 * MOST_SEASONS + 2}).status_code == 404


def test_a_long_season_has_pages(client: Client, stores: None) -> None:
    soap = ContentFactory(content_type="series")
    SeasonFactory(content=soap, number=1)
    for number in range(1, MOST_EPISODES + 2):
        EpisodeFactory(content=soap, season_number=1, number=number, title=f"Day {number}")
    indexed(soap)

    first = client.get(f"/titles/{soap.content_id}").content.decode()

    assert episodes_on(client, soap) == [f"Day {number}" for number in range(1, MOST_EPISODES + 1)]
    assert f'href="/titles/{soap.content_id}?season=1&amp;after={MOST_EPISODES}#seasons"' in first
    assert episodes_on(client, soap, season=1, after=MOST_EPISODES) == [f"Day {MOST_EPISODES + 1}"]


def test_a_movie_has_no_seasons(client: Client, stores: None) -> None:
    movie = ContentFactory()

    assert 'id="seasons"' not in client.get(f"/titles/{movie.content_id}").content.decode()


def test_a_hundred_episodes_cost_the_statements_of_one(stores: None) -> None:
    spent = []
    for count in (1, 100):
        made = ContentFactory(content_type="series")
        for number in range(1, 6):
            SeasonFactory(content=made, number=number)
        for number in range(1, count + 1):
            EpisodeFactory(content=made, season_number=1, number=number)
        with CaptureQueriesContext(connections[CATALOG]) as asked:
            seasons_shown(content_id=made.content_id, asked=QueryDict())
        spent.append(len(asked))

    assert spent == [4, 4]
