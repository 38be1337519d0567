"""Merging titles of different types: what is refused, and what is to be confirmed."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from catalog.merging import CannotMerge, content_unmerge, contents_merge
from catalog.models import Content, Episode
from tests.factories import ContentFactory, EpisodeFactory, SeasonFactory

pytestmark = pytest.mark.usefixtures("stores")
UNLIKE = "“Loser” is a {0}, “Survivor” is a {1}: that they are one is to be confirmed."


def pair(loser: str, survivor: str) -> tuple[Content, Content]:
    return (
        ContentFactory(title="Loser", content_type=loser),
        ContentFactory(title="Survivor", content_type=survivor),
    )


def merge(titles: tuple[Content, Content], **said: Any) -> None:
    contents_merge(loser_id=titles[0].content_id, survivor_id=titles[1].content_id, **said)


def statuses(titles: tuple[Content, Content]) -> list[str]:
    return [Content.objects.get(pk=title.pk).status for title in titles]


def commanded(titles: tuple[Content, Content], *options: str) -> str:
    out = io.StringIO()
    call_command("merge", "titles", *(str(title.pk) for title in titles), *options, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("loser", "survivor"),
    [("movie", "series"), ("series", "movie"), ("documentary", "movie"), ("documentary", "series")],
)
def test_titles_of_unlike_types_are_merged_only_when_that_is_confirmed(loser: str, survivor: str) -> None:
    titles = pair(loser, survivor)
    with pytest.raises(CannotMerge) as refused:
        merge(titles)
    assert (str(refused.value), statuses(titles)) == (UNLIKE.format(loser, survivor), ["published"] * 2)

    merge(titles, confirmed=True)

    assert statuses(titles) == ["merged", "published"]
    assert content_unmerge(content_id=titles[0].content_id) == []


@pytest.mark.parametrize("kind", ["movie", "series", "documentary"])
def test_titles_of_one_type_need_no_confirmation(kind: str) -> None:
    titles = pair(kind, kind)
    merge(titles)
    assert statuses(titles) == ["merged", "published"]


@pytest.mark.parametrize("survivor", ["movie", "documentary"])
@pytest.mark.parametrize(
    ("seasons", "episodes", "named"),
    [(1, 0, "1 season"), (1, 2, "1 season and 2 episodes"), (2, 1, "2 seasons and 1 episode")],
)
def test_a_title_with_seasons_or_episodes_never_becomes_part_of_one_that_is_no_series(
    survivor: str, seasons: int, episodes: int, named: str
) -> None:
    """Keeps away: a movie with three seasons, of which no client knows what to make."""
    titles = pair("series", survivor)
    for number in range(seasons):
        SeasonFactory(content=titles[0], number=number + 1)
    EpisodeFactory.create_batch(episodes, content=titles[0])

    with pytest.raises(CannotMerge) as refused:
        merge(titles, confirmed=True)

    assert str(refused.value) == (
        f"“Loser” has {named}, for which a {survivor} has no place: "
        "merge the other one into it, or make that a series first."
    )
    assert statuses(titles) == ["published"] * 2
    merge((titles[1], titles[0]), confirmed=True)
    assert statuses(titles) == ["published", "merged"]


@pytest.mark.parametrize(
    ("survivor", "has"), [("series", False), ("movie", True)], ids=["a series", "a movie that has episodes"]
)
def test_episodes_find_their_place_in_a_title_of_such(survivor: str, has: bool) -> None:
    titles = pair("movie" if has else "series", survivor)
    EpisodeFactory(content=titles[0], season_number=1, number=1)
    if has:
        EpisodeFactory(content=titles[1], season_number=1, number=2)
    merge(titles)
    assert Episode.objects.filter(content=titles[1]).count() == 1 + has


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_the_command_says_how_it_is_confirmed(options: list[str]) -> None:
    titles = pair("movie", "series")
    with pytest.raises(CommandError) as refused:
        commanded(titles, *options)
    assert str(refused.value) == f"{UNLIKE.format('movie', 'series')} Say so by --unlike."
    assert refused.value.returncode == 2

    assert "took over" in commanded(titles, *options, "--unlike")
    assert statuses(titles) == ["published" if options else "merged", "published"]


def test_the_command_refuses_what_cannot_be_confirmed() -> None:
    titles = pair("series", "movie")
    EpisodeFactory(content=titles[0])
    with pytest.raises(CommandError, match="for which a movie has no place"):
        commanded(titles, "--unlike")
    assert statuses(titles) == ["published"] * 2
