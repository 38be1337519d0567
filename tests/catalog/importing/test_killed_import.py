"""An import killed in the middle of a batch, by a real SIGKILL to a real process."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg2
from django.conf import settings
from django.db import connections

from catalog.importing.batching import BATCH_ROWS
from catalog.models import Content, Person
from streaming.stores.aliases import CATALOG
from tests.catalog.importing.conftest import Listing
from tests.catalog.importing.importing import import_titles, whole_catalog
from tests.emptying import empty_catalog
from tests.served import until
from tests.waiting import waits_in_catalog

PATIENCE_SECONDS = 60


def test_an_import_killed_in_mid_batch_and_run_again_ends_as_if_run_once(
    stores: None, listing: Listing
) -> None:
    rows = [
        {"show_id": f"s{n}", "title": f"Title {n}", "cast": f"Person {n % 70}, Person {n % 90}"}
        for n in range(BATCH_ROWS)
    ]
    late = [
        {**row, "show_id": f"late-{row['show_id']}", "cast": "Gus Hale", "listed_in": "Mysteries"}
        for row in rows
    ]
    path = listing(*rows, *late)
    import_titles(path)
    once = whole_catalog()
    empty_catalog()

    # The second batch inserts its people and then waits for a genre that another writer has not committed.
    with _uncommitted_genre("Mysteries"), _importing(path) as child:
        _wait_until_it_waits(child)
        child.kill()
        child.wait(PATIENCE_SECONDS)

    assert Content.objects.count() == BATCH_ROWS
    assert not Person.objects.filter(name="Gus Hale").exists()
    said = import_titles(path)
    assert said[0] == f"4,000 rows: {BATCH_ROWS:,} new, 0 changed, {BATCH_ROWS:,} unchanged, 0 rejected"
    assert whole_catalog() == once


def test_of_two_imports_at_once_one_works_and_one_says_so(stores: None, listing: Listing) -> None:
    path = listing({"listed_in": "Mysteries"})
    with _uncommitted_genre("Mysteries"), _importing(path) as first:
        _wait_until_it_waits(first)
        with _importing(path) as second:
            _, refusal = second.communicate(timeout=PATIENCE_SECONDS)
        assert second.returncode == 2
    _, complaint = first.communicate(timeout=PATIENCE_SECONDS)

    assert refusal == "CommandError: Another import is running: wait for its end, then run this again.\n"
    assert (first.returncode, complaint) == (0, "")
    assert Content.objects.count() == 1


def test_a_database_that_is_away_is_one_sentence(stores: None, listing: Listing) -> None:
    child = subprocess.run(
        [sys.executable, settings.BASE_DIR / "manage.py", "import_titles", listing({})],
        env={**os.environ, "CATALOG_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )

    assert child.returncode == 1
    assert child.stderr.startswith("CommandError: The catalog's database cannot be used (connection")
    assert child.stderr.count("\n") == 1


@contextmanager
def _uncommitted_genre(name: str) -> Iterator[None]:
    connection = psycopg2.connect(**connections[CATALOG].get_connection_params())
    try:
        connection.cursor().execute("INSERT INTO genres (name) VALUES (%s)", [name])
        yield
    finally:
        connection.close()


@contextmanager
def _importing(path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A child that imports into this test's own catalog."""
    url = os.environ["CATALOG_DATABASE_URL"].rpartition("/")[0]
    name = connections[CATALOG].settings_dict["NAME"]
    child = subprocess.Popen(
        [sys.executable, settings.BASE_DIR / "manage.py", "import_titles", path],
        env={**os.environ, "CATALOG_DATABASE_URL": f"{url}/{name}"},
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
        return waits_in_catalog(statement='INSERT INTO "genres"%')

    until(waits, "the import comes to the genre", seconds=PATIENCE_SECONDS)
