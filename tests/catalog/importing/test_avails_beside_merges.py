"""Titles that are merged, or parted again, between the reading of their avails and the writing."""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from catalog.importing import pipeline
from catalog.importing.identity import TitledRow, titles_found
from catalog.importing.records import Row
from catalog.merging import content_unmerge, contents_merge
from catalog.models import AvailabilityWindow, Content, Source
from catalog.registries import Ref
from catalog.services import external_ids_add
from streaming.stores.aliases import CATALOG
from tests.catalog.importing.movielabs import avail, avails, noted, run, transaction
from tests.factories import ContentFactory

UNCHANGED = "{0}: 0 new, 0 changed, {1} unchanged, 0 rejected"
Meanwhile = Callable[[Callable[[], Any]], None]


@pytest.fixture(params=["before the look", "while it is waited for"])
def meanwhile(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Has something done by another connection once, when a file has been read and its titles are to be found, or when
    they have been found and are not held yet."""

    def set_up(what: Callable[[], Any]) -> None:
        def closing() -> None:
            try:
                what()
            finally:
                connections[CATALOG].close()

        to_do = [closing]

        def by_another() -> None:
            if to_do:
                with ThreadPoolExecutor(1) as other_writer:
                    other_writer.submit(to_do.pop()).result()

        def looked_up(*, scheme: str, rows: Collection[Row]) -> list[TitledRow]:
            if request.param == "before the look":
                by_another()
            found = titles_found(scheme=scheme, rows=rows)
            by_another()
            return found

        monkeypatch.setattr(pipeline, "titles_found", looked_up)

    return set_up


def known_as(value: str) -> Content:
    title: Content = ContentFactory(title=value)
    external_ids_add(content_id=title.content_id, refs=[Ref("cid", value)])
    return title


@pytest.fixture
def pair(stores: None, tmp_path: Path) -> tuple[Content, Content]:
    """Two titles, each with licences in two territories."""
    titles = known_as("alpha"), known_as("beta")
    imported(
        tmp_path,
        of("alpha", "a1", "DE"),
        of("alpha", "a2", "IT"),
        of("beta", "b1", "FR"),
        of("beta", "b2", "PL"),
    )
    return titles


def imported(tmp_path: Path, *entries: str) -> tuple[str, list[tuple[str, str, str]]]:
    path, report = tmp_path / "avails.xml", tmp_path / "report.csv"
    path.write_text(avails(*entries), encoding="utf-8")
    return run("import_avails", path, report=report)[0], noted(report)


def of(title: str, alid: str, territory: str, **said: str) -> str:
    opened = transaction(f"{alid}-1", territories=territory, end="")
    return avail(alid, opened, title_eidr="", asset=title, **said)


def open_in(title: Content) -> list[str]:
    rows = AvailabilityWindow.objects.filter(content=title).order_by("territory")
    return list(rows.values_list("territory", flat=True))


def dossiers_of(title: Content) -> list[list[str]]:
    """The avails of each record that a title has."""
    sources = Source.objects.filter(content=title, scheme="avails")
    return [sorted(each["alid"] for each in source.record["avails"]) for source in sources]


def merge(loser: Content, survivor: Content) -> None:
    contents_merge(loser_id=loser.content_id, survivor_id=survivor.content_id)


@pytest.mark.parametrize(
    ("entry", "left"),
    [
        (of("beta", "b1", "ES"), ["DE", "ES", "IT", "PL"]),
        (of("alpha", "a1", "ES"), ["ES", "FR", "IT", "PL"]),
        (of("alpha", "a1", "DE", entry="Full Delete"), ["FR", "IT", "PL"]),
    ],
    ids=["of the survivor", "of the loser", "of the loser, taken back"],
)
def test_what_is_delivered_for_either_title_goes_to_the_dossier_of_both(
    pair: tuple[Content, Content], tmp_path: Path, meanwhile: Meanwhile, entry: str, left: list[str]
) -> None:
    """Keeps away: licences of the other title taken away, and a second dossier that nobody reads."""
    loser, survivor = pair
    meanwhile(lambda: merge(loser, survivor))

    said, notes = imported(tmp_path, entry)

    assert (said, notes) == ("1 row: 0 new, 1 changed, 0 unchanged, 0 rejected", [])
    assert open_in(survivor) == left
    alids = {"a1", "a2", "b1", "b2"} - ({"a1"} if "Full Delete" in entry else set())
    assert dossiers_of(survivor) == [sorted(alids)]
    assert [
        span[0] for span in Content.objects.get(content_id=survivor.content_id).availability or []
    ] == left


def test_what_is_delivered_for_both_titles_at_once_is_one_dossier(
    pair: tuple[Content, Content], tmp_path: Path, meanwhile: Meanwhile
) -> None:
    loser, survivor = pair
    entries = of("alpha", "a1", "ES"), of("beta", "b1", "AT"), of("alpha", "a3", "DK")
    meanwhile(lambda: merge(loser, survivor))

    said, _ = imported(tmp_path, *entries)

    assert said == "1 row: 0 new, 1 changed, 0 unchanged, 0 rejected"
    assert open_in(survivor) == ["AT", "DK", "ES", "IT", "PL"]
    assert dossiers_of(survivor) == [["a1", "a2", "a3", "b1", "b2"]]
    assert imported(tmp_path, *entries)[0] == UNCHANGED.format("1 row", 1)


def test_what_is_delivered_goes_to_each_title_when_a_merge_is_undone(
    pair: tuple[Content, Content], tmp_path: Path, meanwhile: Meanwhile
) -> None:
    """Keeps away: one title's licences opened on the other, by a file that was read while they were one."""
    loser, survivor = pair
    merge(loser, survivor)
    entries = of("alpha", "a1", "ES"), of("beta", "b1", "AT"), of("alpha", "a3", "DK")
    meanwhile(lambda: content_unmerge(content_id=loser.content_id))

    said, notes = imported(tmp_path, *entries)

    assert (said, notes) == ("2 rows: 0 new, 2 changed, 0 unchanged, 0 rejected", [])
    assert (open_in(loser), open_in(survivor)) == (["DK", "ES", "IT"], ["AT", "PL"])
    assert (dossiers_of(loser), dossiers_of(survivor)) == ([["a1", "a2", "a3"]], [["b1", "b2"]])
    assert imported(tmp_path, *entries)[0] == UNCHANGED.format("2 rows", 2)
