"""A catalog of the first release is brought to this one, with what it has, by `manage.py setup_stores`."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from uuid import UUID

import psycopg2
import pytest

from dev import citus, environment, lifecycle
from dev.citus import AS_IT_IS, Size
from dev.instance import Instance
from tests.environment import WORKER
from tests.served import ROOT, until

pytestmark = pytest.mark.slow

MANAGE_SECONDS = 120
FIRST_RELEASE = ("catalog", "0001_initial")
OPEN, COMING, DRAFT, GONE = (UUID(int=number) for number in range(1, 5))
ROWS = f"""
INSERT INTO genres (name) VALUES ('Silent');
INSERT INTO cast_crew (person_id, name, role) VALUES ('{UUID(int=9)}', 'Brigitte Helm', 'Actor');
INSERT INTO content_metadata (content_id, title, content_type, status, published_at, created_at, updated_at) VALUES
    ('{OPEN}', 'Metropolis', 'movie', 'published', '1927-01-10Z', now(), now()),
    ('{COMING}', 'Spione', 'movie', 'published', '9999-01-01Z', now(), now()),
    ('{DRAFT}', 'M', 'movie', 'draft', NULL, now(), now()),
    ('{GONE}', 'Die Nibelungen', 'series', 'archived', '1924-02-14Z', now(), now());
INSERT INTO content_genres (content_id, genre_id) SELECT '{OPEN}', genre_id FROM genres;
INSERT INTO content_cast_crew (id, content_id, person_id) VALUES ('{UUID(int=8)}', '{OPEN}', '{UUID(int=9)}');
INSERT INTO seasons (id, content_id, number) VALUES ('{UUID(int=7)}', '{GONE}', 1);
"""
SEARCHED = """
from rest_framework.test import APIClient
print(APIClient().get("/api/v1/search", {"q": "%s"}, headers={"host": "localhost"}).content.decode())
"""


class Platform:
    def __init__(self, instance: Instance) -> None:
        self.variables = environment.for_child(environment.read(instance), dict(os.environ)) | {
            "DEBUG": "false",
            "REPLICATION_SLOT": "analytics_sub",
        }

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            env=self.variables,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=MANAGE_SECONDS,
        )

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        url, password = self.variables["CATALOG_DATABASE_URL"], self.variables["CATALOG_DATABASE_PASSWORD"]
        with closing(psycopg2.connect(url, password=password)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []

    def found(self, text: str) -> list[str]:
        said = self.manage("shell", "-v0", "-c", SEARCHED % text)
        body = json.loads(said.stdout)
        assert "results" in body, body
        return [hit["title"] for hit in body["results"]]


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """One whose catalog is of the first release, with a title of each kind."""
    instance = Instance.named(f"upgrading-{WORKER or 'alone'}")
    lifecycle.reset(instance)
    lifecycle.up(instance, fast=True, size=Size(workers=0) if citus.find(None) else AS_IT_IS)
    old = Platform(instance)
    assert old.manage("migrate", *FIRST_RELEASE, "--database=catalog", "-v0").stderr == ""
    old.sql(ROWS)
    yield old
    lifecycle.reset(instance)


def test_titles_of_the_first_release_are_found_once_the_stores_are_set_up_anew(platform: Platform) -> None:
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


def test_status_names_titles_without_documents_and_what_writes_them(platform: Platform) -> None:
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
