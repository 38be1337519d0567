"""Seasons, episodes and their places in other orders."""

from django.test import Client

from catalog.models import Episode, EpisodeOrder, Marker, Season
from tests.catalog.admin.pages import page_of, rows, save, saved_or_errors
from tests.factories import ContentFactory, EpisodeFactory, EpisodeOrderFactory, MarkerFactory, SeasonFactory


def test_a_season_twice_is_an_error(editor: Client) -> None:
    content = ContentFactory(content_type="series")
    SeasonFactory(content=content, number=1)
    response = save(editor, page_of(content, "episodes"), rows("seasons", {"number": "1"}, first=1))
    assert "Please correct the duplicate data for number." in saved_or_errors(response)
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
        EpisodeFactory(content=content, number=number)
    response = save(editor, page_of(content, "episodes"), {"episodes-1-number": "1"})
    assert (
        "Please correct the duplicate data for season_number and number, which must be unique."
        in saved_or_errors(response)
    )


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
