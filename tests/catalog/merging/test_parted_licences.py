"""What a title may be shown by after a merge was undone: the licences that it had, as its licensors have them now."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalog.models import AvailabilityWindow, Content, Source
from catalog.registries import Ref
from catalog.services import contents_touch, external_ids_remove
from tests.catalog.merging.licensed import (
    CLOSED,
    Pair,
    as_noted_before,
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

Delivery = tuple[str, str, int, int | None, str]  # title, ALID, years, entry type
GB = {"alpha": "alpha", "beta": "beta"}
EXTRACT, TAKEN_BACK = "Full Extract", "Full Delete"
BEFORE: Sequence[Delivery] = [
    ("alpha", "a", 2020, 2021, EXTRACT),
    ("alpha", "c", 2022, 2023, EXTRACT),
    ("beta", "b", 2010, 2011, EXTRACT),
]


def delivered(tmp_path: Path, deliveries: Sequence[Delivery], names: dict[str, str] = GB) -> str:
    """Has a licensor's file imported; the counts, less how many rows they are of."""
    entries = [
        of(names[title], alid, start, end, entry=entry) for title, alid, start, end, entry in deliveries
    ]
    return imported(tmp_path, *entries)[0].partition(": ")[2]


def alids(title: Content) -> list[str]:
    dossiers = Source.objects.filter(content=title, scheme="avails")
    return [each["alid"] for dossier in dossiers for each in dossier.record["avails"]]


@pytest.mark.parametrize(
    ("meanwhile", "told"),
    [
        ([("alpha", "a", 2030, None, EXTRACT)], []),
        ([("alpha", "a", 2020, 2025, EXTRACT)], []),  # meets c now
        ([("alpha", "d", 2040, None, EXTRACT)], []),
        ([("alpha", "a", 2020, 2021, TAKEN_BACK)], ["avail a was taken back since"]),
        (
            [("alpha", "a", 2020, 2021, TAKEN_BACK), ("alpha", "c", 2022, 2023, TAKEN_BACK)],
            ["avail a was taken back since", "avail c was taken back since"],
        ),
        ([("alpha", "a", 2030, 2031, EXTRACT), ("beta", "b", 2012, None, EXTRACT)], []),
        ([("beta", "b", 2010, 2011, TAKEN_BACK), ("alpha", "d", 2040, None, EXTRACT)], []),
        ([("beta", "e", 2050, None, EXTRACT)], []),
    ],
    ids=[
        *(
            "moved",
            "longer",
            "a new one",
            "taken back",
            "all taken back",
            "of both",
            "of the other taken back",
        ),
        "of the other",
    ],
)
@pytest.mark.parametrize("had", ["alpha", "beta", "alpha and beta"])
def test_titles_end_as_if_they_had_never_been_merged(
    pair: Pair, tmp_path: Path, had: str, meanwhile: Sequence[Delivery], told: list[str]
) -> None:
    """Keeps away: a licence that stays with the other title, which no import of the first takes back."""
    before = [each for each in BEFORE if each[0] in had]
    meanwhile = [each for each in meanwhile if each[0] in had or each[4] == EXTRACT]
    told = told if "alpha" in had else []
    apart = named("gamma", "delta")
    other_names = {"alpha": "gamma", "beta": "delta"}
    for title in (*pair, *apart):  # an editor's, of the title and not of a licensor
        window(title, 1990 + len(windows(title)), 1995, "FR")
    delivered(tmp_path, before)
    delivered(tmp_path, before, other_names)

    assert merge(pair) == []
    delivered(tmp_path, meanwhile)
    delivered(tmp_path, meanwhile, other_names)
    assert undo(pair) == told

    assert [windows(title) for title in pair] == [windows(title) for title in apart]
    assert [alids(title) for title in pair] == [alids(title) for title in apart]
    extracts = {(each[0], each[1]): each for each in (*before, *meanwhile)}
    whole = [each for each in extracts.values() if each[4] == EXTRACT]
    settled = state(*pair)
    assert delivered(tmp_path, whole).startswith("0 new, 0 changed")
    assert state(*pair) == settled
    assert [windows(title) for title in pair] == [windows(title) for title in apart]


@pytest.mark.parametrize("by_earlier_release", [False, True])
def test_what_a_licensor_changed_since_goes_back_as_it_is_now(
    pair: Pair, tmp_path: Path, by_earlier_release: bool
) -> None:
    """An earlier release noted of the survivor's own avails only whether there were any."""
    loser, survivor = pair
    imported(tmp_path, of("alpha", "a", 2020, 2021), of("alpha", "c", 2022, 2023))
    window(survivor, 2015, 2016)
    merge(pair)
    if by_earlier_release:
        as_noted_before(loser, last=False)
    imported(tmp_path, of("alpha", "a", 2024, None))
    window(survivor, 2017, 2018)
    assert is_shown(survivor)

    assert undo(pair) == []

    assert windows(survivor) == years((2015, 2016), (2017, 2018))
    assert windows(loser) == years((2022, 2023), (2024, None))
    assert (is_shown(loser), is_shown(survivor)) == (True, False)
    assert (alids(loser), alids(survivor)) == (["a", "c"], [])
    imported(tmp_path, of("alpha", "a", 2020, 2021, entry="Full Delete"))
    assert windows(loser) == years((2022, 2023))


def test_a_title_that_had_no_licences_is_open_as_it_was(pair: Pair, tmp_path: Path) -> None:
    """Keeps away: one that is closed for good by what was delivered for the other."""
    loser, survivor = pair
    merge(pair)
    imported(tmp_path, of("alpha", "a", 2024, 2025))
    assert not is_shown(survivor)

    assert undo(pair) == []

    assert (windows(survivor), alids(survivor), is_shown(survivor)) == ([], [], True)
    assert (windows(loser), is_shown(loser)) == (years((2024, 2025)), False)


def test_what_an_editor_took_away_of_a_changed_licence_stays_away(pair: Pair, tmp_path: Path) -> None:
    """Keeps away: a licence that somebody has closed, and that is open again with the other title."""
    loser, survivor = pair
    imported(tmp_path, of("alpha", "a", 2020, 2021), of("beta", "b", 2010, 2011))
    merge(pair)
    changed = of("alpha", "a", 2024, None)
    imported(tmp_path, changed)
    AvailabilityWindow.objects.filter(content=survivor, starts_at__year=2024).delete()
    contents_touch([survivor.content_id])

    assert undo(pair) == []

    assert (windows(loser), windows(survivor)) == ([CLOSED], years((2010, 2011)))
    imported(tmp_path, changed)
    assert windows(loser) == [CLOSED]


def test_what_an_editor_corrected_of_a_changed_licence_goes_with_it(pair: Pair, tmp_path: Path) -> None:
    loser, survivor = pair
    imported(tmp_path, of("alpha", "a", 2020, 2021), of("beta", "b", 2010, 2011))
    merge(pair)
    changed = of("alpha", "a", 2024, None)
    imported(tmp_path, changed)
    corrected = AvailabilityWindow.objects.filter(content=survivor, starts_at__year=2024)
    corrected.update(ends_at=datetime(2025, 1, 1, tzinfo=UTC))
    contents_touch([survivor.content_id])

    assert undo(pair) == []

    assert (windows(loser), windows(survivor)) == (years((2024, 2025)), years((2010, 2011)))
    imported(tmp_path, changed)
    assert windows(loser) == years((2024, 2025))


def test_a_licence_that_an_editor_s_window_of_the_first_title_keeps_out_is_named_and_comes_in_later(
    pair: Pair, tmp_path: Path
) -> None:
    loser, survivor = pair
    imported(tmp_path, of("alpha", "a", 2020, 2021), of("beta", "b", 2010, 2011))
    theirs = window(loser, 2030, 2031)
    merge(pair)
    AvailabilityWindow.objects.filter(content=survivor, starts_at__year=2030).delete()
    changed = of("alpha", "a", 2029, None)
    imported(tmp_path, changed)

    (left,) = undo(pair)

    assert left.endswith("GB svod, 2029-01-01 00:00 – on: the catalog has something else in its place")
    assert windows(loser) == years((2030, 2031))
    theirs.delete()
    imported(tmp_path, changed)
    assert windows(loser) == years((2029, None))


def test_an_avail_goes_where_its_ids_lead_now(pair: Pair, tmp_path: Path) -> None:
    """A licensor may say of an avail that it is of the other title; it is closed where it was."""
    loser, survivor = pair
    imported(tmp_path, of("alpha", "a", 2020, 2021), of("beta", "b", 2010, 2011))
    merge(pair)
    imported(tmp_path, of("beta", "a", 2030, None))

    assert undo(pair) == ["avail a is not given back: it names the title that stays"]

    assert (windows(loser), windows(survivor)) == ([CLOSED], years((2010, 2011), (2030, None)))
    assert imported(tmp_path, of("beta", "a", 2030, None))[0].startswith("1 row: 0 new, 0 changed")


def test_an_avail_whose_id_was_taken_away_goes_back_to_whom_it_came_from(pair: Pair, tmp_path: Path) -> None:
    loser, survivor = pair
    imported(tmp_path, of("alpha", "a", 2020, 2021), of("beta", "b", 2010, 2011))
    merge(pair)
    imported(tmp_path, of("alpha", "a", 2030, None))
    external_ids_remove(content_id=survivor.content_id, refs=[Ref("cid", "alpha")])

    assert undo(pair) == ["external id cid:alpha was taken away since"]

    assert (windows(loser), windows(survivor)) == (years((2030, None)), years((2010, 2011)))


@pytest.mark.parametrize("changed", [False, True])
def test_of_two_avails_of_one_id_each_title_keeps_its_own_unless_it_was_replaced(
    pair: Pair, tmp_path: Path, changed: bool
) -> None:
    loser, survivor = pair
    imported(tmp_path, of("alpha", "same", 2020, 2021))
    imported(tmp_path, of("beta", "same", 2010, 2011))
    before = state(*pair)
    merge(pair)
    if changed:
        imported(tmp_path, of("alpha", "same", 2030, None))

    left = undo(pair)

    if not changed:
        assert (left, state(*pair)) == ([], before)
        return
    assert left == [
        "avail same of the title that stays was replaced by one of the other title, and goes with it"
    ]
    assert (windows(loser), windows(survivor)) == (years((2030, None)), [CLOSED])
    imported(tmp_path, of("beta", "same", 2010, 2011))
    assert windows(survivor) == [CLOSED, *years((2010, 2011))][1:]


def test_what_was_merged_into_a_title_that_was_merged_comes_back_step_by_step(
    tmp_path: Path, stores: None
) -> None:
    first, second, third = named("alpha", "beta", "gamma")
    imported(
        tmp_path, of("alpha", "a", 2020, 2021), of("beta", "b", 2010, 2011), of("gamma", "c", 2000, 2001)
    )
    merge((first, second))
    merge((second, third))
    imported(tmp_path, of("alpha", "a", 2030, 2031), of("beta", "b", 2012, 2013))
    assert windows(third) == years((2000, 2001), (2012, 2013), (2030, 2031))

    assert undo((second, third)) == []
    assert [windows(title) for title in (second, third)] == [
        years((2012, 2013), (2030, 2031)),
        years((2000, 2001)),
    ]
    assert undo((first, second)) == []
    assert [windows(title) for title in (first, second)] == [years((2030, 2031)), years((2012, 2013))]
