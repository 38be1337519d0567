"""What a title may be shown by after another one was merged into it. Licences of Great Britain begin in winter, when
its time is UTC."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from catalog.merging import content_unmerge, contents_merge
from catalog.models import AvailabilityWindow, Content, Source
from catalog.registries import Ref
from catalog.services import contents_touch, external_ids_add
from catalog.visibility import Audience
from tests.catalog.importing.movielabs import avail, avails, noted, run, transaction
from tests.factories import ContentFactory

pytestmark = pytest.mark.usefixtures("stores")
Pair = tuple[Content, Content]
UNCHANGED = "1 rows: 0 new, 0 changed, 1 unchanged, 0 rejected"
CHANGED = "1 rows: 0 new, 1 changed, 0 unchanged, 0 rejected"
CLOSED = "WW svod, always – 1970-01-01 00:00"
PART = {"work": "Season", "kind": "SeasonMetadata"}


@pytest.fixture
def pair() -> Pair:
    """The loser "alpha" and the survivor "beta", which avails know by their names."""
    titles = ContentFactory(title="alpha"), ContentFactory(title="beta")
    for title in titles:
        external_ids_add(content_id=title.content_id, refs=[Ref("cid", title.title)])
    return titles


def of(title: str, alid: str, start: int, end: int | None, **said: str) -> str:
    """An avail of Great Britain from one year until another."""
    opened = transaction(
        f"{alid}-1", territories="GB", start=f"{start}-01-01", end=f"{end}-01-01T00:00:00" if end else ""
    )
    return avail(alid, opened, title_eidr="", asset=title, **said)


def imported(tmp_path: Path, *entries: str) -> tuple[str, list[str]]:
    """The counts, and the reasons in the report."""
    path, report = tmp_path / "avails.xml", tmp_path / "report.csv"
    path.write_text(avails(*entries), encoding="utf-8")
    return run("import_avails", path, report=report)[0], [reason for _, _, reason in noted(report)]


def window(title: Content, start: int | None, end: int | None, territory: str = "GB") -> AvailabilityWindow:
    """As an editor enters one."""
    starts_at, ends_at = (datetime(year, 1, 1, tzinfo=UTC) if year else None for year in (start, end))
    row = AvailabilityWindow.objects.create(
        content=title, territory=territory, starts_at=starts_at, ends_at=ends_at
    )
    contents_touch([title.content_id])
    return row


def windows(title: Content) -> list[str]:
    return [str(row) for row in AvailabilityWindow.objects.filter(content=title)]


def years(*spans: Sequence[int | None]) -> list[str]:
    return [
        f"GB svod, {f'{start}-01-01 00:00' if start else 'always'} – {f'{end}-01-01 00:00' if end else 'on'}"
        for start, end in spans
    ]


def is_shown(title: Content, territory: str = "GB") -> bool:
    shown = Content.objects.public(Audience.now(territory=territory))
    return bool(shown.filter(content_id=title.content_id).exists())


def state(*titles: Content) -> dict[str, Any]:
    of_both: dict[str, Any] = {"content__in": titles}
    return {
        "windows": sorted(AvailabilityWindow.objects.filter(**of_both).values_list(), key=repr),
        "sources": sorted(Source.objects.filter(**of_both).values_list(), key=repr),
        "gates": [Content.objects.get(pk=title.pk).availability for title in titles],
    }


def merge(pair: Pair) -> list[str]:
    loser, survivor = pair
    return contents_merge(loser_id=loser.content_id, survivor_id=survivor.content_id).left


def undo(pair: Pair) -> list[str]:
    return content_unmerge(content_id=pair[0].content_id)


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
    assert imported(tmp_path, entry) == (f"{UNCHANGED}, 1 conflicts", [left])
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


def test_what_a_licensor_changed_since_stays_and_the_rest_is_parted(pair: Pair, tmp_path: Path) -> None:
    loser, survivor = pair
    imported(tmp_path, of("alpha", "a", 2020, 2021), of("alpha", "c", 2022, 2023))
    window(survivor, 2015, 2016)
    merge(pair)
    imported(tmp_path, of("alpha", "a", 2030, None))

    assert undo(pair) == ["avail a was changed since"]

    assert windows(survivor) == years((2015, 2016), (2030, None))
    assert windows(loser) == years((2020, 2021), (2022, 2023))
    (dossier,) = Source.objects.filter(content=survivor)
    assert [each["alid"] for each in dossier.record["avails"]] == ["a"]
