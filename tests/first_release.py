"""A platform whose catalog is of the first release, with a title of each kind, for tests that bring it to this one."""

import json
import os
import subprocess
import sys
from contextlib import closing
from uuid import UUID

import psycopg2

from dev import environment, lifecycle
from dev.citus import Size
from dev.instance import Instance
from tests.served import ROOT

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


class FirstRelease:
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


def first_release(instance: Instance, size: Size) -> FirstRelease:
    """Starts it; the caller resets the instance."""
    lifecycle.reset(instance)
    lifecycle.up(instance, fast=True, size=size)
    old = FirstRelease(instance)
    assert old.manage("migrate", *FIRST_RELEASE, "--database=catalog", "-v0").stderr == ""
    old.sql(ROWS)
    return old
