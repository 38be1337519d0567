"""Seasons, episodes and their places in other orders."""

import pytest
from django.test import Client

from catalog.models import Episode, EpisodeOrder, Marker, Season
from tests.catalog.admin.pages import page_of, row_errors, rows, save, saved_or_errors
from tests.factories import ContentFactory, EpisodeFactory, EpisodeOrderFactory, MarkerFactory, SeasonFactory


def test_a_season_twice_is_an_error(editor: Client) -> None:
    content = ContentFactory(content_type="series")
    SeasonFactory(content=content, number=1)
    response = save(editor, page_of(content, "episodes"), rows("seasons", {"number": "1"}, first=1))
    assert saved_or_errors(response) == [["“Season 1”, on this page, has number 1."]]
    assert Season.objects.count() == 1


def test_an_episode_brings_its_season(editor: Client) -> None:
    content = ContentFactory(content_type="series")
    SeasonFactory(content=content, number=1)
    typed = ({"season_number": str(season), "number": "1", "kind": "standard"} for season in (1, 2))

    response = save(editor, page_of(content, "episodes"), rows("episodes", *typed))

    assert saved_or_errors(response) == "saved"
    assert list(Season.objects.values_list("number", flat=True)) == [1, 2]
    assert Episode.objects.count() == 2


def test_two_episodes_trade_their_numbers_in_one_save(editor: Client) -> None:
    """Keeps away: row by row, both would have one number for a moment, and the database refuse it."""
    content = ContentFactory(content_type="series")
    SeasonFactory(content=content, number=1)
    first, second = (EpisodeFactory(content=content, number=number) for number in (1, 2))

    response = save(
        editor, page_of(content, "episodes"), {"episodes-0-number": "2", "episodes-1-number": "1"}
    )

    assert saved_or_errors(response) == "saved"
    assert dict(Episode.objects.values_list("id", "number")) == {first.pk: 2, second.pk: 1}


def test_two_episodes_of_one_number_are_an_error(editor: Client) -> None:
    content = ContentFactory(content_type="series")
    for number in (1, 2):
        EpisodeFactory(content=content, number=number, title="Pilot" if number == 1 else "Second")
    response = save(editor, page_of(content, "episodes"), {"episodes-1-number": "1"})
    assert saved_or_errors(response) == [["“S01E01 Pilot”, on this page, has season 1 and number 1."]]
    assert row_errors(response, "episodes")[0] == {}


def test_what_else_only_one_row_has_is_named_by_its_row_as_well(editor: Client) -> None:
    content = ContentFactory(content_type="series")
    SeasonFactory(content=content, number=3)
    one, _ = (EpisodeFactory(content=content, season_number=3, number=number) for number in (1, 2))
    EpisodeOrderFactory(episode=one, order="dvd", season_number=1, number=1)
    added = {"order": "dvd", "season_number": "1", "number": "1", "episode": "S03E02"}

    refused = save(editor, page_of(content, "episodes"), rows("episodeorders", added, first=1))
    seasons = save(editor, page_of(content, "episodes"), rows("seasons", {"number": "3"}, first=1))

    assert saved_or_errors(refused) == [
        ["“DVD: S01E01”, on this page, has order DVD and season number 1 and number 1."]
    ]
    assert saved_or_errors(seasons) == [["“Season 3”, on this page, has number 3."]]


def test_a_row_that_is_deleted_makes_room_for_another(editor: Client) -> None:
    content = ContentFactory(content_type="series")
    SeasonFactory(content=content, number=1)
    EpisodeFactory(content=content, number=1, title="Old")

    response = save(
        editor,
        page_of(content, "episodes"),
        {
            "episodes-0-DELETE": "on",
            **rows(
                "episodes",
                {"season_number": "1", "number": "1", "kind": "standard", "title": "New"},
                first=1,
            ),
        },
    )

    assert saved_or_errors(response) == "saved"
    assert Episode.objects.get().title == "New"


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ((1,), []),
        ((7,), ["There was no season 7: it was added for its episodes."]),
        ((7, 1, 4, 3), ["There were no seasons 3, 4 and 7: they were added for their episodes."]),
    ],
)
def test_a_season_that_comes_with_its_episode_is_told(
    editor: Client, numbers: tuple[int, ...], told: list[str]
) -> None:
    """Keeps away: a season made by a mistyped number, which nobody notices."""
    content = ContentFactory(content_type="series")
    SeasonFactory(content=content, number=1)
    added = [{"season_number": str(number), "number": "1", "kind": "standard"} for number in numbers]

    response = save(editor, page_of(content, "episodes"), rows("episodes", *added))

    assert saved_or_errors(response) == "saved"
    shown = [str(message) for message in editor.get(response["Location"]).context["messages"]]
    assert [message for message in shown if "season" in message and "There w" in message] == told
    assert set(Season.objects.values_list("number", flat=True)) == {1, *numbers}


def test_a_season_with_episodes_is_neither_deleted_nor_renumbered(editor: Client) -> None:
    content = ContentFactory(content_type="series")
    SeasonFactory(content=content, number=1)
    EpisodeFactory(content=content, season_number=1)
    for changes in ({"seasons-0-DELETE": "on"}, {"seasons-0-number": "2"}):
        response = save(editor, page_of(content, "episodes"), changes)
        assert saved_or_errors(response) == ["Season 1 has episodes. Move or delete those first, and save."]
    assert Season.objects.get().number == 1


def test_a_deleted_episode_takes_its_places_and_markers_along(editor: Client) -> None:
    content = ContentFactory(content_type="series")
    SeasonFactory(content=content, number=1)
    gone, kept = (EpisodeFactory(content=content, number=number) for number in (1, 2))
    for episode in (gone, kept):
        EpisodeOrderFactory(episode=episode)
        MarkerFactory(content=content, episode=episode)

    response = save(editor, page_of(content, "episodes"), {"episodes-0-DELETE": "on"})

    assert saved_or_errors(response) == "saved"
    assert EpisodeOrder.objects.get().episode_id == kept.pk
    assert Marker.objects.get().episode_id == kept.pk


def test_a_place_is_shown_and_read_as_season_and_number(editor: Client) -> None:
    content = ContentFactory(content_type="series")
    SeasonFactory(content=content, number=1)
    first, second = (EpisodeFactory(content=content, number=number) for number in (1, 2))
    EpisodeOrderFactory(episode=first)
    assert 'value="S01E01"' in editor.get(page_of(content, "episodes")).content.decode()

    for typed in ("s1 e2", "1x02", "S01E02"):
        save(editor, page_of(content, "episodes"), {"episodeorders-0-episode": "S01E01"})
        response = save(editor, page_of(content, "episodes"), {"episodeorders-0-episode": typed})
        assert saved_or_errors(response) == "saved"
        assert EpisodeOrder.objects.get().episode_id == second.pk
