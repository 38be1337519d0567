"""What a series' rows must be to each other, whoever saves them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from catalog.models import Content, Episode, EpisodeOrder, Marker, Season
from catalog.services import SeriesRefused, children_save, content_lock
from streaming.stores.aliases import CATALOG
from tests.factories import (
    ContentFactory,
    EpisodeFactory,
    EpisodeOrderFactory,
    MarkerFactory,
    SeasonFactory,
)
from tests.served import until
from tests.waiting import waits_in_catalog


@pytest.fixture
def series(stores: None) -> Content:
    """Two seasons of two episodes; the first has a place on the discs, and a marker."""
    content: Content = ContentFactory(content_type="series")
    for season in (1, 2):
        SeasonFactory(content=content, number=season, title=f"Year {season}")
        for number in (1, 2):
            EpisodeFactory(content=content, season_number=season, number=number, title=f"{season}-{number}")
    first = episode(content, 1, 1)
    EpisodeOrderFactory(episode=first, order="dvd", season_number=1, number=5)
    MarkerFactory(content=content, episode=first)
    return content


def episode(content: Content, season: int, number: int) -> Episode:
    return Episode.objects.get(content=content, season_number=season, number=number)


def places(content: Content) -> dict[str, tuple[int, int]]:
    rows = Episode.objects.filter(content=content)
    return {row.title: (row.season_number, row.number) for row in rows}


def test_an_episode_brings_its_season(series: Content) -> None:
    rows = [EpisodeFactory.build(content=series, season_number=season, number=9) for season in (2, 4, 3, 4)]
    rows[3].number = 10

    children_save(content=series, saved=rows, deleted=[])

    seasons = Season.objects.filter(content=series).values_list("number", "title")
    assert list(seasons) == [(1, "Year 1"), (2, "Year 2"), (3, ""), (4, "")]


def test_what_hangs_on_an_episode_goes_with_it_and_its_place_is_free_at_once(series: Content) -> None:
    first, second = episode(series, 1, 1), episode(series, 1, 2)
    on_disc = EpisodeOrderFactory.build(episode=second, order="dvd", season_number=1, number=5)

    children_save(content=series, saved=[on_disc], deleted=[first])

    assert list(EpisodeOrder.objects.values_list("episode_id", "number")) == [(second.pk, 5)]
    assert not Marker.objects.filter(content=series).exists()
    assert Season.objects.filter(content=series, number=1).exists()


def test_two_episodes_may_trade_places(series: Content) -> None:
    one, two = episode(series, 1, 1), episode(series, 2, 2)
    one.season_number, one.number, two.season_number, two.number = 2, 2, 1, 1

    children_save(content=series, saved=[one, two], deleted=[])

    assert places(series) == {"2-2": (1, 1), "1-2": (1, 2), "2-1": (2, 1), "1-1": (2, 2)}
    assert EpisodeOrder.objects.get().episode_id == one.pk
    assert Marker.objects.get().episode_id == one.pk


Refused = Callable[[Content], tuple[list[object], list[object]]]


def _taken(series: Content) -> tuple[list[object], list[object]]:
    return [EpisodeFactory.build(content=series, season_number=1, number=2, title="New")], []


def _twice(series: Content) -> tuple[list[object], list[object]]:
    rows = [EpisodeFactory.build(content=series, season_number=3, number=7, title=title) for title in "ab"]
    return rows, []


def _moved_onto(series: Content) -> tuple[list[object], list[object]]:
    moved = episode(series, 1, 1)
    moved.season_number = 2
    return [moved], []


def _season_twice(series: Content) -> tuple[list[object], list[object]]:
    return [SeasonFactory.build(content=series, number=2)], []


def _disc_taken(series: Content) -> tuple[list[object], list[object]]:
    row = EpisodeOrderFactory.build(episode=episode(series, 1, 2), order="dvd", season_number=1, number=5)
    return [row], []


def _on_disc_twice(series: Content) -> tuple[list[object], list[object]]:
    row = EpisodeOrderFactory.build(episode=episode(series, 1, 1), order="dvd", season_number=3, number=1)
    return [row], []


def _of_another_title(series: Content) -> tuple[list[object], list[object]]:
    return [
        EpisodeOrderFactory.build(content=series, episode=EpisodeFactory(), season_number=1, number=1)
    ], []


def _of_an_episode_that_goes(series: Content) -> tuple[list[object], list[object]]:
    going = episode(series, 2, 1)
    return [MarkerFactory.build(content=series, episode=going)], [going]


def _too_large(series: Content) -> tuple[list[object], list[object]]:
    return [EpisodeFactory.build(content=series, season_number=1, number=100_000, title="Late")], []


def _negative(series: Content) -> tuple[list[object], list[object]]:
    return [
        EpisodeFactory.build(content=series, season_number=1, number=3, absolute_number=-1, title="No")
    ], []


def _season_with_episodes(series: Content) -> tuple[list[object], list[object]]:
    return [], [Season.objects.get(content=series, number=2)]


def _season_renumbered(series: Content) -> tuple[list[object], list[object]]:
    season = Season.objects.get(content=series, number=2)
    season.number = 3
    return [season], [episode(series, 2, 1)]


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        (_taken, "“S01E02 New” cannot be saved: “S01E02 1-2” has that place."),
        (_twice, "“S03E07 b” cannot be saved: “S03E07 a” has that place."),
        (_moved_onto, "“S02E01 1-1” cannot be saved: “S02E01 2-1” has that place."),
        (_season_twice, "“Season 2” cannot be saved: “Season 2” has that number."),
        (_disc_taken, "“DVD: S01E05” cannot be saved: “DVD: S01E05” has that place."),
        (_on_disc_twice, "“DVD: S03E01” cannot be saved: “DVD: S01E05” has that episode."),
        (_of_another_title, "“DVD: S01E01” cannot be saved: the title has no such episode."),
        (_of_an_episode_that_goes, "“Intro 12.500–58.000 s” cannot be saved: the title has no such episode."),
        (_too_large, "“S01E100000 Late” cannot be saved: number is to be 0–99999."),
        (_negative, "“S01E03 No” cannot be saved: absolute_number is to be 0–99999."),
        (_season_with_episodes, "Season 2 has “S02E01 2-1”: move or delete its episodes first."),
        (_season_renumbered, "Season 2 has “S02E02 2-2”: move or delete its episodes first."),
    ],
)
def test_what_cannot_stand_is_refused_by_name_and_nothing_is_saved(
    series: Content, refused: Refused, told: str
) -> None:
    saved, deleted = refused(series)
    before = places(series), Season.objects.count(), EpisodeOrder.objects.count(), series.updated_at

    with pytest.raises(SeriesRefused) as raised:
        children_save(content=series, saved=saved, deleted=deleted)  # type: ignore[arg-type]

    assert str(raised.value) == told
    series.refresh_from_db()
    assert (places(series), Season.objects.count(), EpisodeOrder.objects.count(), series.updated_at) == before


def test_a_season_is_renumbered_and_deleted_together_with_its_episodes(series: Content) -> None:
    renumbered, deleted = Season.objects.filter(content=series).order_by("-number")
    renumbered.number = 5
    moved = list(Episode.objects.filter(content=series, season_number=2))
    for row in moved:
        row.season_number = 5
    going = list(Episode.objects.filter(content=series, season_number=1))

    children_save(content=series, saved=[renumbered, *moved], deleted=[deleted, *going])

    assert places(series) == {"2-1": (5, 1), "2-2": (5, 2)}
    assert list(Season.objects.filter(content=series).values_list("number", "title")) == [(5, "Year 2")]


def test_other_titles_may_have_the_same_places(series: Content) -> None:
    other = ContentFactory(content_type="series")
    rows = [EpisodeFactory.build(content=other, season_number=1, number=1)]

    children_save(content=other, saved=rows, deleted=[])

    assert Season.objects.filter(content=other, number=1).exists()


def test_a_season_that_gets_its_first_episode_meanwhile_is_not_deleted(stores: None) -> None:
    """Keeps away: an episode without its season's row, which no key of the database forbids."""
    content = ContentFactory(content_type="series")
    season = SeasonFactory(content=content, number=1)

    with ThreadPoolExecutor(1) as other_editor:
        with transaction.atomic(using=CATALOG):
            content_lock(content_id=content.content_id)
            deleting = other_editor.submit(_delete, content, season)
            until(waits_in_catalog, "the other editor waits for the title")
            row = EpisodeFactory.build(content=content, season_number=1, number=1, title="Pilot")
            children_save(content=content, saved=[row], deleted=[])
        with pytest.raises(SeriesRefused, match="Season 1 has “S01E01 Pilot”"):
            deleting.result()

    assert Season.objects.filter(content=content, number=1).exists()


def _delete(content: Content, season: Season) -> None:
    try:
        children_save(content=content, saved=[], deleted=[season])
    finally:
        connections.close_all()
