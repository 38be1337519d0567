"""Two records of one file that say the same external id are of one title, however far apart they stand."""

from pathlib import Path

import pytest

from catalog.importing import batching
from catalog.models import Content, Source
from tests.catalog.importing.importing import whole_catalog
from tests.catalog.importing.movielabs import core, mec, noted, run
from tests.emptying import empty_catalog

FERRY, BOAT, RAFT = (f"md:cid:org:studio.example:{name}" for name in ("ferry", "boat", "raft"))
SAME = """<md:AltIdentifier><md:Namespace>org:studio.example</md:Namespace>
<md:Identifier>42</md:Identifier></md:AltIdentifier>"""


def other_id(number: int) -> str:
    return SAME.replace("42", str(number))


def others(number: int) -> list[str]:
    return [core(f"md:cid:org:studio.example:{place}", title=f"Title {place}") for place in range(number)]


@pytest.mark.parametrize("work", ["Movie", "Series"])
@pytest.mark.parametrize("between", [0, 5])
def test_they_are_of_one_title_however_far_apart_they_stand(
    stores: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, between: int, work: str
) -> None:
    path, report = tmp_path / "mec.xml", tmp_path / "report.csv"
    both = (core(FERRY, rest=SAME, work=work), core(BOAT, rest=SAME, work=work, title="Night Boat"))
    path.write_text(mec(both[0], *others(between), both[1]), encoding="utf-8")
    monkeypatch.setattr(batching, "BATCH_ROWS", 3)

    counts = f"{2 + between} rows: {1 + between} new, 1 changed, 0 unchanged, 0 rejected"
    assert run("import_mec", path, dry_run=True)[0] == counts
    assert not Content.objects.exists()
    assert run("import_mec", path, report=report)[0] == counts
    assert noted(report) == []
    assert Content.objects.count() == 1 + between
    assert sorted(Source.objects.filter(content__title="Night Ferry").values_list("value", flat=True)) == [
        BOAT,
        FERRY,
    ]
    before = whole_catalog()
    assert "0 new, 0 changed" in run("import_mec", path)[0]
    assert whole_catalog() == before


def test_batches_of_any_size_leave_the_same_catalog(
    stores: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mec.xml"
    path.write_text(mec(core(FERRY, rest=SAME), *others(3), core(BOAT, rest=SAME)), encoding="utf-8")
    run("import_mec", path)
    at_once = whole_catalog()
    empty_catalog()
    monkeypatch.setattr(batching, "BATCH_ROWS", 1)

    run("import_mec", path)

    assert whole_catalog() == at_once


def test_a_dry_run_foresees_what_earlier_batches_would_have_claimed(
    stores: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keeps away: a second new title, and no conflict, for ids that rows of an earlier batch bring."""
    path, report = tmp_path / "mec.xml", tmp_path / "report.csv"
    monkeypatch.setattr(batching, "BATCH_ROWS", 1)
    path.write_text(mec(core(FERRY), core(RAFT)), encoding="utf-8")
    run("import_mec", path)
    # The ferry gets an id, by which the boat is the ferry; that one's other id is then none for the raft.
    boat, raft = core(BOAT, rest=SAME + other_id(43)), core(RAFT, rest=other_id(43))
    path.write_text(mec(core(FERRY, rest=SAME), boat, raft, *others(1)), encoding="utf-8")
    before = whole_catalog()

    foreseen = run("import_mec", path, dry_run=True, report=report)[0], noted(report)

    assert whole_catalog() == before
    assert foreseen[0] == "4 rows: 1 new, 3 changed, 0 unchanged, 0 rejected, 1 conflict"
    assert [(line, outcome) for line, outcome, _ in foreseen[1]] == [("7", "conflict")]
    assert (run("import_mec", path, report=report)[0], noted(report)) == foreseen
