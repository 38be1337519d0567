"""Titles that never had a licence, and titles whose licences were all taken back, after merges were undone.

The first are open everywhere, the second closed; neither has an avail left that would tell them apart.
"""

from itertools import permutations
from pathlib import Path

import pytest

from catalog.models import AvailabilityWindow, Content, Source
from catalog.registries import Ref
from catalog.services import contents_touch, external_ids_remove
from tests.catalog.merging.licensed import (
    CLOSED,
    UNCHANGED,
    Pair,
    as_noted_before,
    forget_what_was_taken_back,
    imported,
    is_shown,
    merge,
    named,
    of,
    state,
    undo,
    window,
    windows,
    years,
)

RELEASES = ["this", "last", "before"]
LOSER_S, SURVIVOR_S = of("alpha", "a", 2020, 2021), of("beta", "b", 2010, 2011)
WHOSE = (
    "licences were taken back since, and nothing says whose they were: they count as those of {0}, "
    "lest it be open everywhere"
)
OPENED = "the title that stays is open everywhere: no licence of its own was noted"


def taken_back(title: str, alid: str) -> str:
    return of(title, alid, 2010, 2011, entry="Full Delete")


def noted_by(release: str, *losers: Content) -> None:
    if release != "this":
        as_noted_before(*losers, last=release == "last")


def has_dossier(title: Content) -> bool:
    return Source.objects.filter(content=title, scheme="avails").exists()


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("loser_has", [True, False])
def test_a_title_whose_first_licence_came_and_went_while_merged_is_closed(
    pair: Pair, tmp_path: Path, loser_has: bool, release: str
) -> None:
    """Keeps away: a title that is public in the whole world, because all that it was licensed for is over."""
    loser, survivor = pair
    if loser_has:
        imported(tmp_path, LOSER_S)
    before = windows(loser)
    merge(pair)
    noted_by(release, loser)
    imported(tmp_path, SURVIVOR_S)
    imported(tmp_path, taken_back("beta", "b"))

    assert undo(pair) == []

    assert (windows(loser), windows(survivor)) == (before, [CLOSED])
    assert (is_shown(loser), is_shown(survivor)) == (not loser_has, False)
    assert imported(tmp_path, SURVIVOR_S)[0].startswith("1 row: 0 new, 1 changed")
    assert windows(survivor) == years((2010, 2011))


@pytest.mark.parametrize("release", RELEASES)
def test_the_first_licence_of_the_other_title_that_came_and_went_closes_that_one_only(
    pair: Pair, tmp_path: Path, release: str
) -> None:
    loser, survivor = pair
    merge(pair)
    noted_by(release, loser)
    imported(tmp_path, LOSER_S)
    imported(tmp_path, taken_back("alpha", "a"))
    assert windows(survivor) == [CLOSED]

    assert undo(pair) == ([] if release == "this" else [OPENED])

    assert (windows(loser), windows(survivor)) == ([CLOSED], [])
    assert (is_shown(loser), is_shown(survivor)) == (False, True)
    assert (has_dossier(loser), has_dossier(survivor)) == (True, False)


@pytest.mark.parametrize("release", RELEASES)
def test_a_title_that_had_no_licences_is_open_after_the_other_one_s_came(
    pair: Pair, tmp_path: Path, release: str
) -> None:
    """Keeps away: one that is closed for good, because a release noted nothing of two titles without avails."""
    loser, survivor = pair
    merge(pair)
    noted_by(release, loser)
    imported(tmp_path, LOSER_S)
    assert not is_shown(survivor)

    assert undo(pair) == ([] if release == "this" else [OPENED])

    assert (windows(loser), windows(survivor)) == (years((2020, 2021)), [])
    assert (is_shown(survivor), has_dossier(survivor)) == (True, False)
    assert imported(tmp_path, LOSER_S) == (UNCHANGED, [])


@pytest.mark.parametrize(
    ("had", "last", "loser_s", "told"),
    [
        ("neither", True, [CLOSED], [WHOSE.format("both titles")]),
        ("neither", False, [CLOSED], [WHOSE.format("both titles")]),
        ("alpha", True, [CLOSED], ["avail a was taken back since", WHOSE.format("the title that stays")]),
        ("alpha", False, [CLOSED], ["avail a was taken back since", WHOSE.format("the title that stays")]),
        ("beta", True, [], []),
        ("beta", False, [CLOSED], [WHOSE.format("both titles")]),  # of which nothing was noted
    ],
)
def test_where_nothing_says_whose_a_licence_was_that_an_earlier_release_took_back_no_title_is_opened(
    pair: Pair, tmp_path: Path, had: str, last: bool, loser_s: list[str], told: list[str]
) -> None:
    """As dossiers of before are: they have forgotten what was taken back."""
    loser, survivor = pair
    entries = {"alpha": LOSER_S, "beta": SURVIVOR_S}
    if had in entries:
        imported(tmp_path, entries[had])
    merge(pair)
    as_noted_before(loser, last=last)
    name = had if had in entries else "beta"
    imported(tmp_path, entries[name])
    imported(tmp_path, taken_back(name, name[0]))
    forget_what_was_taken_back(survivor)

    assert undo(pair) == told

    assert (windows(loser), windows(survivor)) == (loser_s, [CLOSED])


@pytest.mark.parametrize("release", RELEASES)
def test_what_was_noted_of_a_title_that_was_merged_in_turn_is_not_of_the_last(
    tmp_path: Path, stores: None, release: str
) -> None:
    """Keeps away: a survivor in the middle that forgets its own licences with the undo of the last merge."""
    first, second, third = titles = named("alpha", "beta", "gamma")
    imported(tmp_path, LOSER_S, SURVIVOR_S)
    before = state(*titles)
    merge((first, second))
    merge((second, third))
    noted_by(release, first, second)

    assert undo((second, third)) == []
    imported(tmp_path, taken_back("beta", "b"))
    if release != "this":
        forget_what_was_taken_back(second)
    assert undo((first, second)) == []

    assert [windows(title) for title in titles] == [years((2020, 2021)), [CLOSED], []]
    assert not has_dossier(third)
    imported(tmp_path, SURVIVOR_S)
    assert state(*titles)["windows"] == before["windows"]


def test_names_that_lead_to_no_title_any_more_are_of_the_one_that_stays(pair: Pair, tmp_path: Path) -> None:
    loser, survivor = pair
    merge(pair)
    imported(tmp_path, SURVIVOR_S)
    imported(tmp_path, taken_back("beta", "b"))
    external_ids_remove(content_id=survivor.content_id, refs=[Ref("cid", "beta")])

    assert undo(pair) == [WHOSE.format("the title that stays")]

    assert (windows(loser), windows(survivor)) == ([], [CLOSED])


def test_a_name_that_was_taken_away_closes_the_title_that_it_came_from(pair: Pair, tmp_path: Path) -> None:
    loser, survivor = pair
    merge(pair)
    imported(tmp_path, LOSER_S)
    imported(tmp_path, taken_back("alpha", "a"))
    external_ids_remove(content_id=survivor.content_id, refs=[Ref("cid", "alpha")])

    assert undo(pair) == ["external id cid:alpha was taken away since"]

    assert (windows(loser), windows(survivor)) == ([CLOSED], [])


def test_a_title_that_got_its_first_licence_while_merged_is_closed_where_an_editor_took_that_away(
    pair: Pair, tmp_path: Path
) -> None:
    loser, survivor = pair
    merge(pair)
    imported(tmp_path, LOSER_S)
    AvailabilityWindow.objects.filter(content=survivor).delete()
    contents_touch([survivor.content_id])

    undo(pair)

    assert (windows(loser), windows(survivor)) == ([CLOSED], [])


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("is_restricted", [True, False])
@pytest.mark.parametrize("delivered", [[], ["alpha"], ["alpha", "gamma"]])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_titles_are_parted_from_one_that_never_had_a_licence(
    tmp_path: Path,
    stores: None,
    order: tuple[int, int],
    delivered: list[str],
    is_restricted: bool,
    release: str,
) -> None:
    """Keeps away: an undo of one that restricts the survivor by the licences of the other, or closes it for good."""
    first, second, survivor = named("alpha", "gamma", "beta")
    entries = {"alpha": LOSER_S, "gamma": of("gamma", "c", 2000, 2001)}
    later = {"alpha": of("alpha", "a2", 2022, 2023), "gamma": of("gamma", "c2", 2002, 2003)}
    imported(tmp_path, *entries.values())
    own = window(survivor, 1990, 1991) if is_restricted else None
    before = state(first, second, survivor)
    losers = [first, second]
    for loser in losers:
        merge((loser, survivor))
    noted_by(release, *losers)
    if delivered:
        imported(tmp_path, *(later[name] for name in delivered))
    is_closed = bool(delivered or own)

    undo((losers[order[0]], survivor))
    assert is_shown(survivor) is not is_closed
    undo((losers[order[1]], survivor))

    assert windows(survivor) == ([str(own)] if own else [])
    assert (is_shown(survivor), has_dossier(survivor)) == (not is_restricted, False)
    if not delivered:
        assert state(first, second, survivor) == before
    whole = [*entries.values(), *(later[name] for name in delivered)]
    assert imported(tmp_path, *whole)[0] == "2 rows: 0 new, 0 changed, 2 unchanged, 0 rejected"
    assert windows(first) == years((2020, 2021), *([(2022, 2023)] if "alpha" in delivered else []))
    assert windows(second) == years((2000, 2001), *([(2002, 2003)] if "gamma" in delivered else []))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_an_undo_that_has_nothing_to_part_leaves_the_survivor_as_it_is(
    tmp_path: Path, stores: None, order: tuple[int, ...]
) -> None:
    *losers, survivor = named("alpha", "gamma", "delta", "beta")
    imported(tmp_path, LOSER_S)
    for loser in losers:
        merge((loser, survivor))
    assert is_shown(survivor)

    for place in order:
        assert undo((losers[place], survivor)) == []
        assert (windows(survivor), is_shown(survivor)) == ([], True)
    assert not has_dossier(survivor)
