"""How far an import is that gives most of its file on only when it has read it."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog.importing import spool
from catalog.importing.avails.format import Avails
from catalog.importing.mec.format import Mec
from catalog.importing.spool import opened_to_spool
from catalog.importing.xml import BLOCK_BYTES
from catalog.models import ExternalIdClaim
from tests.catalog.importing.movielabs import avail, avails, core, mec, transaction
from tests.factories import ContentFactory

PADDING = f"<x>{'x' * 4 * BLOCK_BYTES}</x>"  # the file is read by blocks, and a record is many


def movie(number: int) -> str:
    return core(f"md:cid:org:studio.example:{number}", rest=PADDING)


def series(number: int) -> str:
    return core(f"md:cid:org:studio.example:{number}", work="Series", rest=PADDING)


def open_to(number: int) -> str:
    """An avail of a title of its own, which is in the catalog."""
    value, title = f"m{number}", ContentFactory()
    ExternalIdClaim.objects.create(id=f"cid:{value}", scheme="cid", value=value, content_id=title.content_id)
    return avail(f"a{number}", transaction("t"), title_eidr="", asset=value, rest=PADDING)


def shares(source: Any, path: Path) -> Iterator[float]:
    """How much of the file is done at each row and at the end, by what the progress bar shows."""
    with opened_to_spool(path) as file:
        for _ in source.rows(file):
            yield file.position / file.size
        yield file.position / file.size


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("kinds", "done"),
    [
        # Of four movies each is done when it is read; of four series, when all are.
        ([movie] * 4, [0.25, 0.5, 0.75, 1, 1]),
        ([series] * 4, [0.625, 0.75, 0.875, 1, 1]),
        ([movie, series, movie, series], [0.25, 0.625, 0.875, 1, 1]),
        ([open_to] * 4, [0.625, 0.75, 0.875, 1, 1]),
    ],
)
def test_an_import_is_done_where_all_was_read_and_given_on(
    stores: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kinds: Any, done: list[float], zipped: bool
) -> None:
    """Keeps away: a bar that ends half way, as MEC's did, which counted its file twice and came once."""
    monkeypatch.setattr(spool, "MOST_TEAMS", 1)
    is_avails = kinds[0] is open_to
    records = [kind(number) for number, kind in enumerate(kinds)]
    text = (avails if is_avails else mec)(*records).encode()
    path = tmp_path / ("file.xml.gz" if zipped else "file.xml")
    path.write_bytes(gzip.compress(text, compresslevel=0) if zipped else text)

    seen = list(shares(Avails() if is_avails else Mec(), path))

    assert seen[-1] == 1
    assert seen == sorted(seen)
    assert seen == pytest.approx(done, abs=0.1)
