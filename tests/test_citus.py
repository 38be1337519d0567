"""The catalog distributed on a real Citus cluster: the migrated schema as it is, and every endpoint on top.

Skipped by name where no PostgreSQL installation with the citus extension is found (`PG_CONFIG`, `pg_config`).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from dev import citus
from tests import served as platforms
from tests.environment import WORKER
from tests.served import Platform, until

REFERENCE = ("genres", "cast_crew")
CHILDREN = ("content_genres", "content_cast_crew", "seasons", "content_sources", "trending_daily")
FOUND = citus.find(None)

pytestmark = [
    pytest.mark.citus,
    pytest.mark.slow,
    pytest.mark.skipif(FOUND is None, reason="no PostgreSQL installation with the citus extension is found"),
]

EDIT = """
from catalog.models import Content, Credit, Genre, Person
from catalog.services import children_save, content_save, content_set_genres, genre_save, person_save
content = Content.objects.get(content_id="{content_id}")
content.title = "Metropolis (restored)"
content_save(content=content)
content_set_genres(content=content, genres=[genre_save(genre=Genre(name="Drama"))])
person = person_save(person=Person(name="Brigitte Helm"))
children_save(content=content, saved=[Credit(content=content, person=person, character_name="Maria")], deleted=[])
"""

LISTING = """\
show_id,type,title,director,cast,country,date_added,release_year,rating,duration,listed_in,description
s1,Movie,M,Fritz Lang,Peter Lorre,Germany,"May 11, 2021",1931,TV-14,117 min,Thrillers,A city hunts a murderer.
s2,TV Show,Berlin,,,,"May 11, 2021",1980,TV-MA,2 Seasons,Dramas,A man leaves prison.
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Platform]:
    """A served platform whose catalog is distributed over two workers."""
    running = platforms.start(f"citus-{WORKER or 'alone'}")
    try:
        distribute(running)
        yield running
    finally:
        running.close()


def rows(platform: Platform, query: str) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(
        platform.variables["CATALOG_DATABASE_URL"], password=platform.variables["CATALOG_DATABASE_PASSWORD"]
    )
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall() if cursor.description else []


def distribute(platform: Platform) -> None:
    """Reference tables first, then the parent, then its children; foreign keys between them make way meanwhile."""
    keys = rows(
        platform,
        """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE contype = 'f' AND confrelid = 'content_metadata'::regclass""",
    )
    for table in REFERENCE:
        rows(platform, f"SELECT create_reference_table('{table}')")
    for table, name, _ in keys:
        rows(platform, f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    rows(platform, "SELECT create_distributed_table('content_metadata', 'content_id', shard_count => 8)")
    for table in CHILDREN:
        rows(
            platform,
            f"SELECT create_distributed_table('{table}', 'content_id', colocate_with => 'content_metadata')",
        )
    for table, name, definition in keys:
        rows(platform, f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


def test_every_catalog_table_is_distributed_as_it_was_migrated(cluster: Platform) -> None:
    kinds = dict(rows(cluster, "SELECT table_name::text, citus_table_type FROM citus_tables"))
    colocated = rows(
        cluster, "SELECT DISTINCT colocation_id FROM citus_tables WHERE citus_table_type = 'distributed'"
    )

    assert kinds == dict.fromkeys(REFERENCE, "reference") | dict.fromkeys(
        ["content_metadata", *CHILDREN], "distributed"
    )
    assert len(colocated) == 1


def test_an_edit_by_the_services_is_what_details_serves(cluster: Platform) -> None:
    content_id = cluster.content_ids[0]
    cluster.details(content_id)

    cluster.manage("shell", "-v0", "-c", EDIT.format(content_id=content_id))

    details = cluster.details(content_id).body
    assert details["degraded"] == []
    assert details["metadata"]["title"] == "Metropolis (restored)"
    assert [genre["name"] for genre in details["genres"]] == ["Drama"]
    assert [(part["person_name"], part["character_name"]) for part in details["cast"]] == [
        ("Brigitte Helm", "Maria")
    ]
    until(lambda: cluster.details(content_id).body["reviews"][0]["username"] == "ada", "usernames arrive")


def test_a_single_title_is_read_from_one_shard(cluster: Platform) -> None:
    plan = rows(
        cluster,
        f"EXPLAIN SELECT * FROM content_metadata JOIN content_cast_crew USING (content_id) "
        f"WHERE content_metadata.content_id = '{cluster.content_ids[0]}'",
    )
    assert any("Task Count: 1" in line for (line,) in plan)


def test_ids_are_listed_over_all_shards(cluster: Platform) -> None:
    assert cluster.get("/api/v1/content/ids").body == sorted(cluster.content_ids)


def test_the_listing_is_imported_and_a_changed_row_updates_its_title(
    cluster: Platform, tmp_path: Path
) -> None:
    listing = tmp_path / "listing.csv"
    listing.write_text(LISTING)
    assert "2 new, 0 changed, 0 unchanged, 0 rejected" in cluster.manage("import_titles", str(listing))

    listing.write_text(LISTING.replace("Fritz Lang", "F. Lang").replace("2 Seasons", "3 Seasons"))

    assert "0 new, 2 changed, 0 unchanged, 0 rejected" in cluster.manage("import_titles", str(listing))
    assert "0 new, 0 changed, 2 unchanged, 0 rejected" in cluster.manage("import_titles", str(listing))
    credits = """SELECT p.name FROM content_metadata m JOIN content_cast_crew c USING (content_id)
                   JOIN cast_crew p USING (person_id) WHERE m.title = 'M' ORDER BY c.billing_order"""
    assert rows(cluster, credits) == [("F. Lang",), ("Peter Lorre",)]
    assert rows(cluster, "SELECT count(*) FROM seasons") == [(3,)]


def test_the_seeding_fills_a_distributed_catalog(cluster: Platform) -> None:
    cluster.manage("seed", "--titles=60", "--viewers=10", "--plays=300", "--reviews=20", "--replace")

    assert rows(cluster, "SELECT count(*) FROM content_metadata") == [(60,)]
    assert rows(cluster, "SELECT sum(views) FROM trending_daily") == [(300,)]
    ((orphans,),) = rows(
        cluster,
        "SELECT count(*) FROM content_cast_crew c LEFT JOIN content_metadata m USING (content_id) "
        "WHERE m.content_id IS NULL",
    )
    assert orphans == 0
