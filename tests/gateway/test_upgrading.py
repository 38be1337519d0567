"""A catalog of the first release is brought to this one, with what it has, by `manage.py setup_stores`."""

import json
from collections.abc import Iterator

import pytest

from dev import citus, lifecycle
from dev.citus import AS_IT_IS, Size
from dev.instance import Instance
from tests.environment import WORKER
from tests.first_release import COMING, GONE, OPEN, FirstRelease, first_release
from tests.served import until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def platform() -> Iterator[FirstRelease]:
    instance = Instance.named(f"upgrading-{WORKER or 'alone'}")
    yield first_release(instance, Size(workers=0) if citus.find(None) else AS_IT_IS)
    lifecycle.reset(instance)


def test_titles_of_the_first_release_are_found_once_the_stores_are_set_up_anew(
    platform: FirstRelease,
) -> None:
    """Keeps away lists and a search that know none of the titles that were there before documents were."""
    done = platform.manage("setup_stores")

    assert done.returncode == 0, done.stderr
    assert "4 missing documents written" in done.stdout
    until(lambda: platform.manage("status").returncode == 0, "the first copy is done")
    assert (
        platform.found("metropolis")
        == platform.found("brigitte helm")
        == platform.found("silent")
        == ["Metropolis"]
    )
    assert platform.found("spione") == platform.found("nibelungen") == []
    assert platform.sql("SELECT content_id::text FROM content_changes WHERE shown ORDER BY 1") == [
        (str(OPEN),),
        (str(GONE),),
    ]
    assert platform.sql("SELECT content_id::text FROM content_metadata WHERE next_change_at IS NOT NULL") == [
        (str(COMING),)
    ]
    checked = platform.manage("search_check")
    assert (checked.returncode, checked.stdout) == (0, "4 titles have documents as their rows are\n")


def test_status_names_titles_without_documents_and_what_writes_them(platform: FirstRelease) -> None:
    platform.sql("DELETE FROM search_documents")

    said = json.loads(platform.manage("status", "--json").stdout)

    assert [tuple(found.values()) for found in said["findings"]] == [
        (
            "catalog",
            "4 titles have no search document, so no list and no search shows them",
            "manage.py search_rebuild --missing",
        )
    ]
    written = platform.manage("search_rebuild", "--missing")
    assert (written.stdout, written.stderr) == ("4 missing documents written\n", "")
    assert platform.manage("status").returncode == 0
