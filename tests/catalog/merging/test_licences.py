"""What a title may be shown by after another one was merged into it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalog.models import AvailabilityWindow
from catalog.services import contents_touch
from tests.catalog.merging.licensed import (
    CHANGED,
    CLOSED,
    UNCHANGED,
    Pair,
    imported,
    is_shown,
    merge,
    of,
    state,
    undo,
    window,
    windows,
    years,
)

PART = {"work": "Season", "kind": "SeasonMetadata"}


@pytest.mark.parametrize("by", ["editors", "licensors", "the loser's licensor", "the survivor's licensor"])
def test_a_licence_of_other_dates_opens_the_title_that_stays(pair: Pair, tmp_path: Path, by: str) -> None:
    """Keeps away: a title that is hidden for good, because its own licence for the territory has ended."""
    loser, survivor = pair
    entries = {loser: of("alpha", "a", 2025, None), survivor: of("beta", "b", 2019, 2020)}
    if by == "editors":
        window(loser, 2025, None)
        window(survivor, 2019, 2020)
    elif by == "licensors":
        imported(tmp_path, *entries.values())
    elif by == "the loser's licensor":
        imported(tmp_path, entries[loser])
        window(survivor, 2019, 2020)
    else:
        imported(tmp_path, entries[survivor])
        window(loser, 2025, None)
    before = state(loser, survivor)
    assert not is_shown(survivor)

    assert merge(pair) == []

    assert windows(survivor) == years((2019, 2020), (2025, None))
    assert is_shown(survivor)
    if by == "licensors":
        assert imported(tmp_path, *entries.values()) == (UNCHANGED, [])
    assert undo(pair) == []
    assert state(loser, survivor) == before


def test_a_window_that_has_no_place_is_named(pair: Pair) -> None:
    """Keeps away: a licence that is lost, and nobody hears of it."""
    loser, survivor = pair
    window(loser, 2019, 2030)
    window(loser, None, None, "DE")
    window(survivor, 2018, 2022)
    before = state(loser, survivor)

    assert merge(pair) == [
        "availability window GB svod, 2019-01-01 00:00 – 2030-01-01 00:00 is not taken over: "
        "it overlaps GB svod, 2018-01-01 00:00 – 2022-01-01 00:00"
    ]

    assert windows(survivor) == ["DE svod, always – on", *years((2018, 2022))]
    assert undo(pair) == []
    assert state(loser, survivor) == before


def test_a_title_whose_licences_were_all_taken_back_opens_by_the_other_one_s(
    pair: Pair, tmp_path: Path
) -> None:
    loser, survivor = pair
    imported(tmp_path, of("alpha", "a", 2020, None), of("beta", "b", 2019, None))
    imported(tmp_path, of("beta", "b", 2019, None, entry="Full Delete"))
    assert windows(survivor) == [CLOSED]
    before = state(loser, survivor)

    assert merge(pair) == []

    assert windows(survivor) == years((2020, None))
    assert is_shown(survivor)
    assert imported(tmp_path, of("alpha", "a", 2020, None)) == (UNCHANGED, [])
    assert undo(pair) == []
    assert state(loser, survivor) == before
    merge(pair)
    assert imported(tmp_path, of("alpha", "a", 2020, None, entry="Full Delete")) == (CHANGED, [])
    assert windows(survivor) == [CLOSED]


@pytest.mark.parametrize(("start", "is_open"), [(2020, True), (None, False)])
def test_an_editor_s_window_for_the_world_is_copied_beside_the_closed_one_or_named(
    pair: Pair, tmp_path: Path, start: int | None, is_open: bool
) -> None:
    """The closed window is one of the world that ended in 1970: a licence without a beginning overlaps it."""
    loser, survivor = pair
    imported(tmp_path, of("beta", "b", 2019, None))
    imported(tmp_path, of("beta", "b", 2019, None, entry="Full Delete"))
    theirs = window(loser, start, None, "WW")

    left = merge(pair)

    named = f"availability window {theirs} is not taken over: it overlaps {CLOSED}"
    assert left == ([] if is_open else [named])
    assert (windows(survivor), is_shown(survivor)) == ([CLOSED, *([str(theirs)] if is_open else [])], is_open)


def test_a_title_without_licences_closes_nothing_of_the_one_that_stays(pair: Pair, tmp_path: Path) -> None:
    survivor = pair[1]
    imported(tmp_path, of("alpha", "a", 2020, None), of("beta", "b", 2019, None))
    imported(tmp_path, of("alpha", "a", 2020, None, entry="Full Delete"))

    assert merge(pair) == []

    assert windows(survivor) == years((2019, None))


def test_licences_of_parts_of_a_series_are_joined_and_parted_again(pair: Pair, tmp_path: Path) -> None:
    """A series is open while any part of it is, whichever of the two titles that was licensed for."""
    loser, survivor = pair
    entries = of("alpha", "a", 2020, 2030, **PART), of("beta", "b", 2019, 2022, **PART)
    imported(tmp_path, *entries)
    before = state(loser, survivor)

    assert merge(pair) == []

    assert windows(survivor) == years((2019, 2030))
    assert imported(tmp_path, *entries) == (UNCHANGED, [])
    assert undo(pair) == []
    assert state(loser, survivor) == before


def test_of_licences_that_contradict_each_other_the_other_one_comes_in_once_the_first_is_taken_back(
    pair: Pair, tmp_path: Path
) -> None:
    survivor = pair[1]
    imported(tmp_path, of("alpha", "a", 2020, 2030), of("beta", "b", 2019, 2022))

    assert merge(pair) == [
        "a licence of avail a is not taken over: GB svod 2020-01-01 00:00 – 2030-01-01 00:00 overlaps "
        "2019-01-01 00:00 – 2022-01-01 00:00 of transaction b-1 of b"
    ]

    assert windows(survivor) == years((2019, 2022))
    assert imported(tmp_path, of("beta", "b", 2019, 2022, entry="Full Delete")) == (CHANGED, [])
    assert windows(survivor) == years((2020, 2030))


def test_a_licence_that_an_editor_s_window_keeps_out_comes_in_by_the_same_file_once_that_is_gone(
    pair: Pair, tmp_path: Path
) -> None:
    """Keeps away: a file that counts as unchanged, of a licence that its title lacks."""
    loser, survivor = pair
    entry = of("alpha", "a", 2020, 2030)
    imported(tmp_path, entry)
    theirs = window(survivor, 2019, 2022)

    (left,) = merge(pair)

    assert left.endswith("the catalog has something else in its place")
    assert windows(survivor) == years((2019, 2022))
    assert imported(tmp_path, entry) == (f"{UNCHANGED}, 1 conflict", [left])
    theirs.delete()
    assert imported(tmp_path, entry) == (CHANGED, [])
    assert windows(survivor) == years((2020, 2030))
    assert undo(pair) == []
    assert (windows(loser), windows(survivor)) == (years((2020, 2030)), [])


def test_what_editors_of_the_loser_took_away_or_corrected_stays_so(pair: Pair, tmp_path: Path) -> None:
    """Keeps away: a merge that opens what somebody has closed."""
    loser, survivor = pair
    entries = of("alpha", "a", 2010, 2012), of("alpha", "c", 2020, 2030), of("beta", "b", 2015, 2016)
    imported(tmp_path, *entries)
    AvailabilityWindow.objects.filter(content=loser, starts_at__year=2010).delete()
    AvailabilityWindow.objects.filter(content=loser, starts_at__year=2020).update(
        ends_at=datetime(2021, 1, 1, tzinfo=UTC)
    )
    contents_touch([loser.content_id])
    before = state(loser, survivor)

    assert merge(pair) == []

    assert windows(survivor) == years((2015, 2016), (2020, 2021))
    assert imported(tmp_path, *entries) == (UNCHANGED, [])
    assert windows(survivor) == years((2015, 2016), (2020, 2021))
    assert undo(pair) == []
    assert state(loser, survivor) == before


def test_a_survivor_without_windows_is_closed_by_the_next_import_only_and_then_has_all(
    pair: Pair, tmp_path: Path
) -> None:
    """Keeps away: a title that the next avail leaves open by that one only."""
    loser, survivor = pair
    imported(tmp_path, of("alpha", "a", 2020, 2030))
    before = state(loser, survivor)

    assert merge(pair) == []

    assert (windows(survivor), is_shown(survivor, "FR")) == ([], True)
    assert undo(pair) == []
    assert state(loser, survivor) == before
    merge(pair)
    assert imported(tmp_path, of("alpha", "c", 2031, None)) == (CHANGED, [])
    assert windows(survivor) == years((2020, 2030), (2031, None))


def test_what_editors_took_away_stays_so_of_a_survivor_without_windows_too(
    pair: Pair, tmp_path: Path
) -> None:
    loser, survivor = pair
    entries = of("alpha", "a", 2010, 2012), of("alpha", "c", 2020, 2030), of("alpha", "b", 2015, 2016)
    imported(tmp_path, *entries)
    AvailabilityWindow.objects.filter(content=loser, starts_at__year=2010).delete()
    AvailabilityWindow.objects.filter(content=loser, starts_at__year=2020).update(
        ends_at=datetime(2021, 1, 1, tzinfo=UTC)
    )
    contents_touch([loser.content_id])

    (left,) = merge(pair)

    assert "2021" in left and left.endswith("the one that stays has none and is open everywhere")
    imported(tmp_path, *entries)
    assert windows(survivor) == years((2015, 2016))


def test_an_avail_that_both_titles_have_in_different_words_is_named(pair: Pair, tmp_path: Path) -> None:
    loser, survivor = pair
    imported(tmp_path, of("alpha", "same", 2020, 2030))
    imported(tmp_path, of("beta", "same", 2019, 2022))

    assert merge(pair) == ["avail same is not taken over: the one that stays has another of this id"]

    assert windows(survivor) == years((2019, 2022))
    assert undo(pair) == []
    assert windows(loser) == years((2020, 2030))
