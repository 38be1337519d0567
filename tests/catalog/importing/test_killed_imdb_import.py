"""IMDb imports killed at moments of nobody's choosing, and two at once: real processes, real SIGKILLs."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections

from bench.imdb_files import write_dump
from catalog.models import Content, SearchDocument
from catalog.search.rebuilding import documents_rebuild
from streaming.stores.aliases import CATALOG
from tests.catalog.importing.dumps import import_imdb
from tests.catalog.importing.importing import whole_catalog
from tests.emptying import empty_catalog

PATIENCE_SECONDS = 120
KILLS = 6
SMALL_BATCHES = (
    "import sys; from catalog.importing import batching; batching.BATCH_ROWS = 60; "
    "from django.core.management import execute_from_command_line; execute_from_command_line(sys.argv)"
)


@pytest.mark.slow
def test_imports_killed_at_random_moments_end_as_one_that_was_not(stores: None, tmp_path: Path) -> None:
    write_dump(tmp_path, titles=4000, seed=3)
    import_imdb(tmp_path)
    once = whole_catalog()
    empty_catalog()
    chance = random.Random(11)
    reached: list[int] = []

    for _ in range(KILLS):
        with _importing(tmp_path) as child:
            _wait_for_more_titles_than(reached[-1] if reached else 0, child)
            time.sleep(chance.random() * 0.3)
            child.kill()
            child.wait(PATIENCE_SECONDS)
        reached.append(Content.objects.count())
        assert SearchDocument.objects.count() == Content.objects.count()

    import_imdb(tmp_path)
    assert 0 < reached[0] < reached[-1]
    assert reached[2] < len(once["content_metadata"])
    assert whole_catalog() == once
    documents_rebuild()
    assert whole_catalog() == once


def test_two_at_once_leave_what_one_would(stores: None, tmp_path: Path) -> None:
    write_dump(tmp_path, titles=400, seed=4)
    with _importing(tmp_path) as first, _importing(tmp_path) as second:
        ended = [child.communicate(timeout=PATIENCE_SECONDS) for child in (first, second)]
        codes = {first.returncode, second.returncode}
    both = whole_catalog()
    empty_catalog()
    import_imdb(tmp_path)

    assert codes <= {0, 2} and 0 in codes, ended  # the one that waited too long says so
    assert both == whole_catalog()


def _wait_for_more_titles_than(number: int, child: "subprocess.Popen[str]") -> None:
    """Or until it has nothing left to do."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while Content.objects.count() <= number and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)


@contextmanager
def _importing(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """A child that imports into this test's own catalog, in small batches."""
    url = os.environ["CATALOG_DATABASE_URL"].rpartition("/")[0]
    name = connections[CATALOG].settings_dict["NAME"]
    child = subprocess.Popen(
        [sys.executable, "-c", SMALL_BATCHES, "import_imdb", folder],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "streaming.settings",
            "CATALOG_DATABASE_URL": f"{url}/{name}",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait(PATIENCE_SECONDS)
