"""Imports of MovieLabs documents that are killed, run beside each other, or are large."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings
from django.db import connections

from catalog import locking
from catalog.importing.batching import BATCH_BYTES
from catalog.importing.spool import MOST_TEAM_BYTES
from catalog.models import AvailabilityWindow, Content, ExternalIdClaim, Source
from streaming.stores.aliases import CATALOG
from tests.catalog.importing.importing import whole_catalog
from tests.catalog.importing.movielabs import avail, avails, core, mec, noted, run, season, transaction
from tests.emptying import empty_catalog
from tests.factories import ContentFactory
from tests.served import until
from tests.waiting import waits_in_catalog

PATIENCE_SECONDS = 60
MOST_MEGABYTES = 300  # of a Python with Django, and what one batch takes
MANY_AVAILS, MANY_TITLES = 50_000, 1000
# Imports, then says how much memory that took at most. `ru_maxrss` would count the process that forked it, too.
MEASURED = """
import sys
from pathlib import Path
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", *sys.argv[1:]])
print(int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024)
"""


def titles_known(number: int) -> list[Content]:
    """Published movies, known by content ids `m0`, `m1`, …"""
    titles = Content.objects.bulk_create(ContentFactory.build_batch(number))
    ExternalIdClaim.objects.bulk_create(
        ExternalIdClaim(id=f"cid:m{place}", scheme="cid", value=f"m{place}", content_id=title.content_id)
        for place, title in enumerate(titles)
    )
    return titles


def of_title(place: int, alid: str, *, padding: str = "") -> str:
    return avail(alid, transaction("t1"), title_eidr="", asset=f"m{place}", rest=f"<x>{padding}</x>")


def test_avails_killed_between_two_batches_and_run_again_end_as_if_run_once(
    stores: None, tmp_path: Path
) -> None:
    titles = titles_known(8)
    path = tmp_path / "avails.xml"
    padding = "x" * (BATCH_BYTES // 3)
    path.write_text(avails(*(of_title(place, f"a{place}", padding=padding) for place in range(8))))

    with _locked(titles[-1]), _importing("import_avails", path) as child:
        _wait_until_it_waits(child)
        child.kill()
        child.wait(PATIENCE_SECONDS)

    in_before = AvailabilityWindow.objects.count()
    assert 0 < in_before < 8
    assert run("import_avails", path)[0] == (
        f"8 rows: 0 new, {8 - in_before} changed, {in_before} unchanged, 0 rejected"
    )
    once = whole_catalog()
    assert AvailabilityWindow.objects.count() == 8
    assert run("import_avails", path)[0] == "8 rows: 0 new, 0 changed, 8 unchanged, 0 rejected"
    assert whole_catalog() == once


def test_a_mec_killed_between_two_batches_and_run_again_ends_as_if_run_once(
    stores: None, tmp_path: Path
) -> None:
    path = tmp_path / "mec.xml"
    padding = f"<x>{'x' * (BATCH_BYTES // 3)}</x>"
    series = [core("s", work="Series"), season("s1", "s", 1), core("late", rest=padding)]
    path.write_text(mec(*(core(f"m{place}", rest=padding) for place in range(8)), *series))
    run("import_mec", path)
    once = whole_catalog()
    latest = Content.objects.get(sources__value="m7")
    empty_catalog()
    Content.objects.create(content_id=latest.content_id, title="Theirs", content_type="movie")

    with _locked(latest), _importing("import_mec", path) as child:
        _wait_until_it_waits(child)
        child.kill()
        child.wait(PATIENCE_SECONDS)

    assert 0 < Source.objects.count() < 10
    Content.objects.filter(title="Theirs").delete()
    run("import_mec", path)
    assert whole_catalog() == once


def test_of_two_imports_at_once_one_works_and_one_says_so(stores: None, tmp_path: Path) -> None:
    (title,) = titles_known(1)
    path, other = tmp_path / "avails.xml", tmp_path / "mec.xml"
    path.write_text(avails(of_title(0, "a0")))
    other.write_text(mec(core("m0")))

    with _locked(title), _importing("import_avails", path) as first:
        _wait_until_it_waits(first)
        with _importing("import_mec", other) as second:
            _, refusal = second.communicate(timeout=PATIENCE_SECONDS)
    _, complaint = first.communicate(timeout=PATIENCE_SECONDS)

    assert refusal == "CommandError: Another import is running: wait for its end, then run this again.\n"
    assert (second.returncode, first.returncode, complaint) == (2, 0, "")


@pytest.mark.slow
def test_fifty_thousand_avails_take_no_more_memory_than_a_few(stores: None, tmp_path: Path) -> None:
    titles_known(MANY_TITLES)
    path = tmp_path / "avails.xml"
    with path.open("w") as file:
        before, after = avails("\n").split("\n\n")
        file.write(before)
        for number in range(MANY_AVAILS):
            file.write("\n" + of_title(number % MANY_TITLES, f"a{number}"))
        file.write(after)

    with _importing("import_avails", path, measured=True) as child:
        said, complaint = child.communicate(timeout=600)

    assert complaint == ""
    counts, _, megabytes = said.splitlines()
    assert counts == f"{MANY_TITLES:,} rows: 0 new, {MANY_TITLES:,} changed, 0 unchanged, 0 rejected"
    assert AvailabilityWindow.objects.count() == MANY_TITLES  # they all offer the same
    assert int(megabytes) < MOST_MEGABYTES


def test_what_is_beyond_the_limit_of_a_title_is_rejected_by_line(stores: None, tmp_path: Path) -> None:
    titles_known(1)
    path, report = tmp_path / "avails.xml", tmp_path / "report.csv"
    padding = "x" * (MOST_TEAM_BYTES // 4)
    path.write_text(avails(*(of_title(0, f"a{place}", padding=padding) for place in range(5))))

    assert run("import_avails", path, report=report)[0] == (
        "3 rows: 0 new, 1 changed, 0 unchanged, 2 rejected"
    )
    assert noted(report) == [
        ("11", "rejected", "its title has more than 8,388,608 bytes in this file"),
        ("14", "rejected", "its title has more than 8,388,608 bytes in this file"),
    ]


@contextmanager
def _locked(title: Content) -> Iterator[None]:
    """Another writer holds the title and does not commit."""
    connection = psycopg2.connect(**connections[CATALOG].get_connection_params())
    try:
        cursor = connection.cursor()
        slots = [title.content_id.int % locking.SLOTS]
        cursor.execute(locking.LOCK, {"kind": locking.TITLES, "all": locking.ALL, "slots": slots})
        yield
    finally:
        connection.close()


@contextmanager
def _importing(command: str, path: Path, *, measured: bool = False) -> Iterator["subprocess.Popen[str]"]:
    """A child that imports into this test's own catalog."""
    url = os.environ["CATALOG_DATABASE_URL"].rpartition("/")[0]
    name = connections[CATALOG].settings_dict["NAME"]
    program = ["-c", MEASURED] if measured else [str(settings.BASE_DIR / "manage.py")]
    child = subprocess.Popen(
        [sys.executable, *program, command, path],
        env={
            **os.environ,
            "CATALOG_DATABASE_URL": f"{url}/{name}",
            "DJANGO_SETTINGS_MODULE": "streaming.settings",
        },
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with ExitStack() as on_failure:
        on_failure.callback(child.kill)
        yield child
        on_failure.pop_all()  # a child that is still importing then may go on


def _wait_until_it_waits(child: "subprocess.Popen[str]") -> None:
    def waits() -> bool:
        assert child.poll() is None, child.communicate()[1]
        return waits_in_catalog(statement="%advisory%")

    until(waits, "the import comes to the title", seconds=PATIENCE_SECONDS)
