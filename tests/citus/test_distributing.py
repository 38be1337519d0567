"""`manage.py distribute` on a live catalog: nothing lost under load, killed anywhere and ended, repeated."""

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any
from uuid import UUID, uuid4

import psycopg2
import pytest

from streaming.stores.outage import SHARD_HAS_GONE
from tests import served as platforms
from tests.citus.cluster import (
    DISTRIBUTED,
    MARKS,
    connect,
    description,
    distribute,
    fill,
    plain,
    rows,
    start_distributing,
)
from tests.environment import WORKER
from tests.served import Platform, until

pytestmark = MARKS

TITLES = 2000
SHARDS = ("--shards", "4")
# The first of each kind of step, and every move of a table.
KILLED_AT = (
    "open the journal",
    "take off content_cast_crew_content_id",
    "take off trending_daily",
    "place genres",
    "release genres",
    "place cast_crew",
    "place content_metadata",
    "place content_genres",
    "place content_cast_crew",
    "place seasons",
    "place content_sources",
    "place trending_daily",
    "place external_id_claims",
    "put back content_genres_genre_id",
    "validate content_genres_genre_id",
    "sequence public.genres_genre_id_seq",
    "drop what is orphaned",
    "close the journal",
)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Platform]:
    running = platforms.start(f"citus-moving-{WORKER or 'alone'}")
    try:
        yield running
    finally:
        running.close()


@pytest.fixture
def filled(cluster: Platform) -> Platform:
    plain(cluster)
    fill(cluster, titles=TITLES)
    return cluster


@pytest.fixture(scope="module")
def undisturbed(cluster: Platform) -> dict[str, Any]:
    """The catalog after one distribution that nobody disturbed."""
    plain(cluster)
    fill(cluster, titles=TITLES)
    done = distribute(cluster, *SHARDS)
    assert done.returncode == 0, done.stderr
    return description(cluster)


class Writer:
    """Adds titles with a child, changes them and deletes some, each in a transaction; knows what was acknowledged."""

    def __init__(self) -> None:
        self.there: set[UUID] = set()
        self.errors: list[str] = []
        self.longest = 0.0

    def write(self, cursor: Any) -> None:
        title, season = uuid4(), uuid4()
        started = time.monotonic()
        cursor.execute("BEGIN")
        cursor.execute(
            "INSERT INTO content_metadata (content_id, title, content_type) VALUES (%s, 'live', 'series')",
            [str(title)],
        )
        cursor.execute("INSERT INTO seasons VALUES (%s, 1, %s)", [str(season), str(title)])
        cursor.execute("COMMIT")
        self.there.add(title)
        cursor.execute("UPDATE content_metadata SET summary = 'changed' WHERE content_id = %s", [str(title)])
        cursor.execute(
            "INSERT INTO external_id_claims VALUES (%s, 'live', %s, %s)",
            [f"live:{title}", str(title), str(title)],
        )
        if len(self.there) % 5 == 0:
            cursor.execute("DELETE FROM external_id_claims WHERE value = %s", [str(title)])
            cursor.execute("DELETE FROM seasons WHERE content_id = %s", [str(title)])
            cursor.execute("DELETE FROM content_metadata WHERE content_id = %s", [str(title)])
            self.there.discard(title)
        self.longest = max(self.longest, time.monotonic() - started)


@contextmanager
def in_the_background(step: Callable[[], None], errors: list[str]) -> Iterator[None]:
    """Repeats `step` until the block ends, noting what it raises."""
    done = threading.Event()

    def repeat() -> None:
        while not done.wait(0.005):
            try:
                step()
            except (psycopg2.Error, OSError, AssertionError) as error:
                errors.append(repr(error))

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_readers_and_writers_go_on_while_the_catalog_moves(filled: Platform) -> None:
    writer = Writer()
    failed: list[str] = []
    known = [title for (title,) in rows(filled, "SELECT content_id::text FROM content_metadata")]

    with closing(connect(filled)) as writing, closing(connect(filled)) as reading:
        cursor, reader = writing.cursor(), reading.cursor()
        # As the platform asks: a plan that the switch of a table outdated is made anew.
        count = "SELECT count(*) FROM content_metadata JOIN seasons USING (content_id) WHERE content_id = %s"

        def read() -> None:
            title = random.choice(known)
            assert filled.get(f"/api/v1/content/{title}/details").status == 200
            try:
                reader.execute(count, [title])
            except psycopg2.InternalError as error:
                assert SHARD_HAS_GONE in str(error)
                reader.execute(count, [title])
            assert reader.fetchone() == (2,)

        with in_the_background(lambda: writer.write(cursor), writer.errors), in_the_background(read, failed):
            done = distribute(filled, "--online", *SHARDS)

    assert (done.returncode, failed, writer.errors) == (0, [], []), done.stderr
    there = {UUID(title) for (title,) in rows(filled, "SELECT content_id::text FROM content_metadata")}
    assert there == {UUID(title) for title in known} | writer.there
    unchanged = "SELECT count(*) FROM content_metadata WHERE title = 'live' AND summary <> 'changed'"
    assert rows(filled, unchanged) == [(0,)]
    seasons = "SELECT count(DISTINCT content_id), count(*) FROM seasons"
    assert rows(filled, seasons) == [(len(there), 2 * TITLES + len(writer.there))]
    claims = "SELECT count(*) FROM external_id_claims WHERE value = content_id::text"
    assert rows(filled, claims) == [(len(writer.there),)]
    assert rows(filled, "SELECT count(*) FROM external_id_claims WHERE scheme = 'house'") == [(TITLES,)]
    assert "longest wait of a writer: " in done.stdout


def test_killed_at_each_step_and_run_again_it_ends_the_same(
    undisturbed: dict[str, Any], filled: Platform
) -> None:
    for step in KILLED_AT:
        assert _kill_at(filled, step, "--online"), step
    assert not _kill_at(filled, "no such step", "--online")

    assert description(filled) == undisturbed
    assert distribute(filled).stdout.splitlines()[-1].startswith("no steps")


def test_killed_in_the_midst_of_a_copy_it_ends_the_same(
    undisturbed: dict[str, Any], filled: Platform
) -> None:
    running = start_distributing(filled, "--online", *SHARDS)
    slots = "SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 'citus%'"
    until(lambda: rows(filled, slots) != [(0,)], "Citus copies")
    running.kill()
    running.communicate()

    done = distribute(filled, *SHARDS)

    assert done.returncode == 0, done.stderr
    assert description(filled) == undisturbed


def test_a_row_without_its_title_is_named_and_nothing_is_deleted(filled: Platform) -> None:
    assert _kill_at(filled, "place genres")
    rows(filled, "DELETE FROM content_metadata WHERE title = 'title 1'")

    done = distribute(filled, *SHARDS)

    assert done.returncode == 1
    assert "2 rows of seasons have a content_id that content_metadata lacks" in done.stdout
    assert rows(filled, "SELECT count(*) FROM seasons") == [(2 * TITLES,)]
    for table in (
        *("content_genres", "content_cast_crew", "seasons", "content_sources", "trending_daily"),
        "external_ids",
    ):
        rows(filled, f"DELETE FROM {table} WHERE content_id = md5('t1')::uuid")
    assert distribute(filled).returncode == 0


def test_a_second_run_waits_and_is_refused(filled: Platform) -> None:
    with closing(connect(filled)) as first, first.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(x'64697374'::int), pg_backend_pid()")
        ((_, pid),) = cursor.fetchall()

        done = distribute(filled, *SHARDS)

    assert done.returncode == 2
    assert done.stderr == (
        f"CommandError: Another distribution is at work (backend {pid}): wait until it has ended.\n"
    )


def test_a_dry_run_prints_the_sql_and_changes_nothing(filled: Platform) -> None:
    before = description(filled)

    printed = distribute(filled, "--dry-run", "--online", "--shards", "16").stdout

    assert "SELECT create_reference_table('genres');" in printed
    assert (
        "SELECT create_distributed_table_concurrently('content_metadata', 'content_id', "
        "colocate_with => 'none', shard_count => 16);"
    ) in printed
    assert description(filled) == before


def test_other_shards_than_there_are_is_refused(undisturbed: dict[str, Any], filled: Platform) -> None:
    assert distribute(filled, *SHARDS).returncode == 0

    done = distribute(filled, "--shards", "8")

    assert done.returncode == 2
    assert done.stderr.startswith(
        "CommandError: The tables have 4 shards: leave --shards out, or change them"
    )


@pytest.mark.parametrize("shards", ["-1", "0", "64001", "many"])
def test_a_number_of_shards_that_cannot_be_changes_nothing(filled: Platform, shards: str) -> None:
    """Keeps away that the first table fails when every foreign key is off, and that 0 means 32."""
    before = description(filled)

    done = distribute(filled, f"--shards={shards}")

    assert done.returncode == 2
    said = done.stderr.splitlines()[-1]
    assert said.endswith(f"argument --shards: '{shards}' is no number of shards from 1 to 64000")
    assert description(filled) == before


def test_ctrl_c_ends_it_at_once_and_it_goes_on_the_next_time(
    undisturbed: dict[str, Any], filled: Platform
) -> None:
    """Keeps away that the signal waits for the statement under way, here for a lock that nobody gives back."""
    assert _kill_at(filled, "place genres")  # past the steps that wait a moment only
    with closing(connect(filled)) as other, other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE cast_crew IN ROW EXCLUSIVE MODE")
        running = start_distributing(filled, *SHARDS)
        waits = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = 'cast_crew'::regclass"
        until(lambda: rows(filled, waits) == [(True,)], "the move of a table waits", seconds=60)
        interrupted_at = time.monotonic()
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
        took = time.monotonic() - interrupted_at
        until(lambda: rows(filled, waits) == [(False,)], "its session ends")

    assert (running.returncode, err) == (
        130,
        "CommandError: Interrupted. Run it again: it goes on from there.\n",
    )
    assert took < 5
    assert distribute(filled, *SHARDS).returncode == 0
    assert description(filled) == undisturbed


def test_the_check_warns_of_what_is_left_undistributed(filled: Platform) -> None:
    check = (
        "from django.core.checks import run_checks; print([c.id for c in run_checks(databases=['catalog'])])"
    )
    assert filled.manage("shell", "-v0", "-c", check) == "['stores.W001']\n"

    assert distribute(filled, *SHARDS).returncode == 0

    assert filled.manage("shell", "-v0", "-c", check) == "[]\n"
    rows(filled, "INSERT INTO genres (name) VALUES ('numbered by the sequence')")
    assert rows(filled, "SELECT max(genre_id) FROM genres") == [(11,)]


def test_claims_of_ids_are_cut_by_the_id_and_one_is_asked_of_one_shard(
    undisturbed: dict[str, Any], filled: Platform
) -> None:
    assert ("external_id_claims", "distributed", "value", 4, False) in undisturbed["places"]
    assert distribute(filled, *SHARDS).returncode == 0

    plan = rows(
        filled,
        "EXPLAIN (COSTS OFF) SELECT content_id FROM external_id_claims WHERE value = '17' AND scheme = 'house'",
    )
    assert [line.strip() for (line,) in plan if "Task Count" in line] == ["Task Count: 1"]
    with pytest.raises(psycopg2.errors.UniqueViolation):
        rows(
            filled,
            "INSERT INTO external_id_claims SELECT 'again', scheme, value, content_id "
            "FROM external_id_claims WHERE value = '17'",
        )


def test_claims_that_are_cut_by_another_column_are_named(filled: Platform) -> None:
    """By the verification that ends the command: a key of another column would let two titles have one id."""
    assert distribute(filled, *SHARDS).returncode == 0
    rows(filled, "ALTER TABLE external_id_claims DROP CONSTRAINT external_id_claims_pkey")
    rows(
        filled,
        "SELECT alter_distributed_table('external_id_claims', distribution_column => 'content_id', "
        "colocate_with => 'none')",
    )

    done = distribute(filled)

    assert done.returncode == 1
    assert "external_id_claims is cut by content_id" in done.stdout


def test_an_empty_catalog_is_distributed_by_a_call(cluster: Platform) -> None:
    plain(cluster)
    call = "from streaming.stores.citus.distributing import *; print(distribute_if_empty(), distribute_if_empty())"

    assert cluster.manage("shell", "-v0", "-c", call) == "True False\n"

    distributed = "SELECT count(*) FROM citus_tables WHERE citus_table_type = 'distributed'"
    assert rows(cluster, distributed) == [(len(DISTRIBUTED),)]


def _kill_at(platform: Platform, step: str, *arguments: str) -> bool:
    """Runs until that step begins, then kills; False where that step was not left to do, and the run ended."""
    running = start_distributing(platform, *SHARDS, *arguments)
    assert running.stdout
    found = any(step in line for line in running.stdout)
    running.kill()
    running.communicate()
    return found
