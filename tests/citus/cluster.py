"""A Citus cluster of a test's own: the catalog as it is migrated, filled, distributed, described.

`plain` brings it back to undistributed tables, `fill` gives it rows, `distribute` runs the command.
"""

import subprocess
import sys
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from dev import citus
from streaming.stores.citus import placement
from tests.served import ROOT, Platform

FOUND = citus.find(None)
MARKS = [
    pytest.mark.citus,
    pytest.mark.slow,
    pytest.mark.skipif(FOUND is None, reason="no PostgreSQL installation with the citus extension is found"),
]
DISTRIBUTED = (*placement.distributed_tables(), *placement.spread_tables())
TABLES = (*placement.reference_tables(), *DISTRIBUTED, *placement.coordinator_tables())

FILL = """
INSERT INTO genres (genre_id, name) SELECT n, 'genre ' || n FROM generate_series(1, 10) n;
INSERT INTO cast_crew (person_id, name) SELECT md5('p' || n)::uuid, 'person ' || n FROM generate_series(1, {titles}) n;
INSERT INTO content_metadata (content_id, title, content_type, status, published_at)
SELECT md5('t' || n)::uuid, 'title ' || n, 'series', 'published', now() FROM generate_series(1, {titles}) n;
INSERT INTO content_genres (content_id, genre_id)
SELECT md5('t' || n)::uuid, 1 + n % 10 FROM generate_series(1, {titles}) n;
INSERT INTO content_cast_crew (id, job, content_id, person_id)
SELECT gen_random_uuid(), 'Actor', md5('t' || n)::uuid, md5('p' || n)::uuid FROM generate_series(1, {titles}) n;
INSERT INTO seasons (id, number, content_id)
SELECT gen_random_uuid(), s, md5('t' || n)::uuid FROM generate_series(1, {titles}) n, generate_series(1, 2) s;
INSERT INTO content_sources (id, scheme, value, record, digest, content_id)
SELECT gen_random_uuid(), 'x', n, '{{}}', '', md5('t' || n)::uuid FROM generate_series(1, {titles}) n;
INSERT INTO trending_daily (id, date, content_id)
SELECT gen_random_uuid(), '2026-01-01', md5('t' || n)::uuid FROM generate_series(1, {titles}) n;
INSERT INTO external_ids (id, scheme, value, content_id)
SELECT gen_random_uuid(), 'house', n, md5('t' || n)::uuid FROM generate_series(1, {titles}) n;
INSERT INTO external_id_claims (id, scheme, value, content_id)
SELECT 'house:' || n, 'house', n, md5('t' || n)::uuid FROM generate_series(1, {titles}) n;
"""

# Without the text of checks: a table that Citus made anew has it reparsed, the same in other words. NOT NULL is
# among the columns.
CONSTRAINTS = """
SELECT conrelid::regclass::text, conname::text, contype::text, convalidated,
       CASE WHEN contype <> 'c' THEN pg_get_constraintdef(oid) END
  FROM pg_constraint WHERE contype <> 'n' ORDER BY 1, 2
"""
COLUMNS = """
SELECT attrelid::regclass::text, attname::text, format_type(atttypid, atttypmod), attnotnull, attidentity::text,
       pg_get_expr(adbin, adrelid)
  FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
 WHERE attnum > 0 AND NOT attisdropped ORDER BY 1, attnum
"""
ORPHANED = """
SELECT (SELECT count(*) FROM pg_dist_cleanup),
       (SELECT sum(result::int) FROM run_command_on_all_nodes($$
            SELECT (SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 'citus%')
                 + (SELECT count(*) FROM pg_publication WHERE pubname LIKE 'citus%')
                 + (SELECT count(*) FROM pg_subscription WHERE subname LIKE 'citus%')
                 + (SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()) $$)),
       (SELECT sum(result::int) FROM run_command_on_all_nodes($$
            SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname ~ '_1[0-9]{5,}$' $$))
     - (SELECT count(*) FROM pg_dist_placement)
"""


def connect(platform: Platform) -> Connection:
    """An autocommit session in the catalog's database."""
    connection = psycopg2.connect(
        platform.variables["CATALOG_DATABASE_URL"], password=platform.variables["CATALOG_DATABASE_PASSWORD"]
    )
    connection.autocommit = True
    return connection


def rows(platform: Platform, query: str) -> list[tuple[Any, ...]]:
    with closing(connect(platform)) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall() if cursor.description else []


def plain(platform: Platform) -> None:
    """The catalog as `migrate` makes it: empty, nothing distributed."""
    tables = [*placement.reference_tables(), *placement.distributed_tables(), *placement.spread_tables()]
    named = ", ".join([*tables, *placement.coordinator_tables(), "django_migrations"])
    rows(platform, f"DROP TABLE IF EXISTS {named} CASCADE")
    rows(platform, "DROP SCHEMA IF EXISTS distribution CASCADE")
    platform.manage("migrate", "--database", "catalog", "--skip-checks", "-v0")


def fill(platform: Platform, *, titles: int) -> None:
    """Every table has rows; the genres came with their ids, so their sequence is behind them."""
    rows(platform, FILL.format(titles=titles))


def distribute(platform: Platform, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "distribute", *arguments],
        env=platform.variables,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def start_distributing(platform: Platform, *arguments: str) -> subprocess.Popen[str]:
    """Its standard output, to be read line by line, tells each step as it begins."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "distribute", *arguments],
        env=platform.variables,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def description(platform: Platform) -> dict[str, Any]:
    """All that must not depend on how the catalog was distributed; nothing that a cluster numbers by itself."""
    places = rows(
        platform,
        "SELECT table_name::text, citus_table_type, distribution_column, shard_count, colocation_id FROM citus_tables",
    )
    root = next((place[4] for place in places if place[0] == "content_metadata"), None)
    return {
        "places": sorted((*place[:4], place[4] == root) for place in places),
        "constraints": [row for row in rows(platform, CONSTRAINTS) if row[0] in TABLES],
        "columns": [row for row in rows(platform, COLUMNS) if row[0] in TABLES],
        "indexes": [
            row
            for row in rows(platform, "SELECT tablename::text, indexdef FROM pg_indexes ORDER BY 1, 2")
            if row[0] in TABLES
        ],
        "rows": {table: rows(platform, f"SELECT count(*) FROM {table}")[0][0] for table in TABLES},
        "left on the coordinator": [
            table for table in TABLES if rows(platform, f"SELECT pg_relation_size('{table}')")[0][0]
        ],
        "schemas": rows(platform, "SELECT 1 FROM pg_namespace WHERE nspname = 'distribution'"),
        "orphaned": rows(platform, ORPHANED),
    }
