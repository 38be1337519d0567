"""What something else kept out once, when the source is imported again."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalog.models import AvailabilityWindow, Content, Episode, ExternalIdClaim, Season, Source
from catalog.registries import Ref
from catalog.services import external_ids_add, external_ids_remove
from tests.catalog.importing.importing import whole_catalog
from tests.catalog.importing.movielabs import avail, avails, core, episode, mec, noted, run, transaction
from tests.factories import ContentFactory

EIDR = "10.5240/1111-2222-3333-4444-5555-S"
SERIES = FERRY = "md:cid:org:studio.example:ferry"
OTHER = Ref("org-studio-example", "42")
OTHER_ID = """<md:AltIdentifier><md:Namespace>org:studio.example</md:Namespace>
<md:Identifier>42</md:Identifier></md:AltIdentifier>"""
NOTHING_DONE = "0 new, 0 changed, 1 unchanged, 0 rejected"
CHANGED = "0 new, 1 changed, 0 unchanged, 0 rejected"


@pytest.fixture
def rival(stores: None) -> AvailabilityWindow:
    """An editor's window of a title that is known by its EIDR."""
    title = ContentFactory()
    ExternalIdClaim.objects.create(id=f"eidr:{EIDR}", scheme="eidr", value=EIDR, content_id=title.content_id)
    return AvailabilityWindow.objects.create(
        content=title, territory="DE", starts_at=datetime(2024, 3, 1, tzinfo=UTC)
    )


def imported(tmp_path: Path, text: str, command: str = "import_avails", **options: bool) -> tuple[str, int]:
    """The counts, and how many lines the report has."""
    path, report = tmp_path / "import.xml", tmp_path / "report.csv"
    path.write_text(text, encoding="utf-8")
    counts = run(command, path, report=report, **options)[0]
    return counts.partition(": ")[2], len(noted(report))


def opened(*territories: str) -> str:
    return avails(avail("a1", transaction("t1", territories=" ".join(territories), end="")))


def territories() -> list[str]:
    return sorted(AvailabilityWindow.objects.values_list("territory", flat=True))


def test_a_window_comes_in_by_the_same_file_once_its_rival_is_gone(
    rival: AvailabilityWindow, tmp_path: Path
) -> None:
    """The row counted as unchanged for ever, and the title stayed closed."""
    said = opened("DE", "FR")
    assert imported(tmp_path, said) == (f"{CHANGED}, 1 conflict", 1)
    rival.delete()

    assert imported(tmp_path, said) == (CHANGED, 0)
    assert territories() == ["DE", "FR"]
    assert [span[0] for span in Content.objects.get().availability or ()] == ["DE", "FR"]
    once = whole_catalog()
    assert imported(tmp_path, said) == (NOTHING_DONE, 0)
    assert whole_catalog() == once


def test_while_the_rival_is_there_the_same_file_changes_nothing_and_tells_of_it_again(
    rival: AvailabilityWindow, tmp_path: Path
) -> None:
    imported(tmp_path, opened("DE", "FR"))
    once, at = whole_catalog(), Content.objects.get().updated_at
    imported_at = Source.objects.get().imported_at

    assert imported(tmp_path, opened("DE", "FR")) == (f"{NOTHING_DONE}, 1 conflict", 1)
    assert imported(tmp_path, opened("DE", "FR"), dry_run=True) == (NOTHING_DONE, 0)

    assert whole_catalog() == once
    assert (Content.objects.get().updated_at, Source.objects.get().imported_at) == (at, imported_at)


def test_what_an_editor_took_away_stays_so_when_what_was_kept_out_comes_in(
    rival: AvailabilityWindow, tmp_path: Path
) -> None:
    imported(tmp_path, opened("DE", "FR", "IT"))
    AvailabilityWindow.objects.filter(territory="FR").delete()
    imported(tmp_path, opened("DE", "FR", "IT"))
    assert territories() == ["DE", "IT"]
    rival.delete()

    imported(tmp_path, opened("DE", "FR", "IT"))

    assert territories() == ["DE", "IT"]


def test_a_changed_row_brings_in_what_was_kept_out_as_well(rival: AvailabilityWindow, tmp_path: Path) -> None:
    imported(tmp_path, opened("DE"))
    rival.delete()

    assert imported(tmp_path, opened("DE", "FR")) == (CHANGED, 0)

    assert territories() == ["DE", "FR"]
    assert imported(tmp_path, opened("DE", "FR")) == (NOTHING_DONE, 0)


def test_an_episode_comes_in_once_its_place_is_free_and_its_season_with_it(
    stores: None, tmp_path: Path
) -> None:
    imported(tmp_path, mec(core(SERIES, work="Series")), "import_mec")
    series = Content.objects.get()
    theirs = Episode.objects.create(content=series, season_number=1, number=1, title="Ours")
    said = mec(core(SERIES, work="Series"), episode(f"{SERIES}-e1", SERIES, 1, title="Theirs"))
    assert imported(tmp_path, said, "import_mec") == (f"{CHANGED}, 1 conflict", 1)
    theirs.delete()
    Season.objects.all().delete()

    assert imported(tmp_path, said, "import_mec") == (CHANGED, 0)

    assert [str(row) for row in Episode.objects.all()] == ["S01E01 Theirs"]
    assert list(Season.objects.values_list("number", flat=True)) == [1]
    assert imported(tmp_path, said, "import_mec") == (NOTHING_DONE, 0)


@pytest.mark.parametrize("title", ["Night Ferry", "Night Boat"])
def test_an_external_id_that_was_refused_is_the_titles_once_it_is_free(
    stores: None, tmp_path: Path, title: str
) -> None:
    other = ContentFactory()
    external_ids_add(content_id=other.content_id, refs=[OTHER])
    imported(tmp_path, mec(core(FERRY)), "import_mec")
    said = mec(core(FERRY, rest=OTHER_ID))
    assert imported(tmp_path, said, "import_mec")[1] == 1
    assert imported(tmp_path, said, "import_mec") == (f"{NOTHING_DONE}, 1 conflict", 1)
    external_ids_remove(content_id=other.content_id, refs=[OTHER])

    said = mec(core(FERRY, rest=OTHER_ID, title=title))
    assert imported(tmp_path, said, "import_mec") == (CHANGED, 0)

    ferry = Content.objects.get(title=title)
    assert ferry.external_ids.filter(scheme=OTHER.scheme, value=OTHER.value).exists()
    assert ExternalIdClaim.objects.get(scheme=OTHER.scheme).content_id == ferry.content_id
    assert imported(tmp_path, said, "import_mec") == (NOTHING_DONE, 0)


def test_an_external_id_that_a_new_title_was_refused_is_its_own_once_it_is_free(
    stores: None, tmp_path: Path
) -> None:
    """It is new again, for somebody deleted it past the services, and its own id is claimed still."""
    other = ContentFactory()
    external_ids_add(content_id=other.content_id, refs=[OTHER])
    imported(tmp_path, mec(core(FERRY)), "import_mec")
    Content.objects.get(title="Night Ferry").delete()
    said = mec(core(FERRY, rest=OTHER_ID))
    assert imported(tmp_path, said, "import_mec") == (
        "1 new, 0 changed, 0 unchanged, 0 rejected, 1 conflict",
        1,
    )
    external_ids_remove(content_id=other.content_id, refs=[OTHER])

    assert imported(tmp_path, said, "import_mec") == (CHANGED, 0)

    claim = ExternalIdClaim.objects.get(scheme=OTHER.scheme)
    assert Content.objects.get(content_id=claim.content_id).title == "Night Ferry"
