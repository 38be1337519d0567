"""The watch-time report on a distributed catalog: the figures that counting row by row gives, and how it is planned.

Skipped by name where no PostgreSQL installation with the citus extension is found.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dev import citus
from tests import served as platforms
from tests.citus.cluster import DISTRIBUTED, MARKS, rows
from tests.environment import WORKER
from tests.served import Platform

pytestmark = MARKS

# Titles of every kind are watched: with genres, one without, and one that is deleted.
WATCH = """
import random
from datetime import UTC, datetime, timedelta
from analytics.models import User, WatchHistory
from catalog.models import Content, Genre
from streaming.stores.replication.position import wait_until_applied
chance = random.Random(1)
viewers = [User.objects.create_user(f"viewer{n}", f"v{n}@example.org") for n in range(5)]
genres = Genre.objects.bulk_create([Genre(name=f"Genre {n}") for n in range(6)])
titles = Content.objects.bulk_create([Content(title=f"Title {n}", content_type="movie") for n in range(60)])
for title in titles[1:]:
    title.genres.set(chance.sample(genres, chance.randint(1, 3)))
start = datetime(2020, 1, 1, tzinfo=UTC)
WatchHistory.objects.bulk_create(
    WatchHistory(
        user=chance.choice(viewers),
        content_id=chance.choice(titles).content_id,
        watched_at=start + timedelta(minutes=chance.randrange(60 * 24 * 60)),
        duration_watched_seconds=chance.randrange(7200),
        last_position_seconds=0,
    )
    for _ in range(2000)
)
titles[-1].delete()
wait_until_applied(10)
"""

# One play at a time, with nothing of the report's: weeks by Python's own calendar.
COUNT = """
import json
from collections import defaultdict
from datetime import date
from analytics.models import WatchHistory
from catalog.models import Content
from streaming.gateway.reports.watch_time import watch_time
genres = defaultdict(list)
for content_id, name in Content.objects.values_list("content_id", "genres__name"):
    genres[content_id].append(("genre", name) if name else ("without genre", None))
sums = defaultdict(lambda: [0, 0, set()])
days = date(2020, 1, 3), date(2020, 2, 20)
for content_id, at, seconds in WatchHistory.objects.values_list(
    "content_id", "watched_at", "duration_watched_seconds"
):
    if not days[0] <= at.date() <= days[1]:
        continue
    monday = date.fromisocalendar(*at.isocalendar()[:2], 1)
    for kind in [*genres.get(content_id, [("deleted titles", None)]), ("all titles", None)]:
        for week in (monday.isoformat(), ""):
            line = sums[(*kind, week)]
            line[0] += 1
            line[1] += seconds
            line[2].add(content_id)
counted = [[kind, name, week, plays, seconds, len(t)] for (kind, name, week), (plays, seconds, t) in sums.items()]
report = watch_time(first=days[0], last=days[1])
reported = [
    [line.kind, line.genre, line.week.isoformat() if line.week else "", line.plays, line.seconds, line.titles]
    for line in report.weekly + report.whole
]
print(json.dumps([counted, reported]))
"""

PLAN = """
import json
from datetime import UTC, datetime
from django.db import connections
from streaming.gateway.reports.watch_time import STATEMENT
limits, query = STATEMENT.strip().split(chr(10), 1)
with connections["catalog"].cursor() as cursor:
    days = {"start": datetime(2020, 1, 1, tzinfo=UTC), "end": datetime(2020, 3, 1, tzinfo=UTC)}
    cursor.execute(f"{limits} EXPLAIN (VERBOSE, COSTS OFF) {query}", days)
    print(json.dumps([line for line, in cursor.fetchall()]))
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Platform]:
    running = platforms.start(f"watch-time-{WORKER or 'alone'}", size=citus.Size(workers=2))
    try:
        running.manage("distribute")
        shell(running, WATCH)
        yield running
    finally:
        running.close()


def shell(cluster: Platform, script: str) -> str:
    return cluster.manage("shell", "-v0", "-c", script)


def test_the_report_on_a_distributed_catalog_is_what_counting_gives(cluster: Platform) -> None:
    distributed = "SELECT count(*) FROM citus_tables WHERE citus_table_type = 'distributed'"
    assert rows(cluster, distributed) == [(len(DISTRIBUTED),)]

    counted, reported = json.loads(shell(cluster, COUNT))

    assert {line[0] for line in counted} == {"genre", "without genre", "deleted titles", "all titles"}
    assert len(counted) == 9 * 9  # eight weeks and the whole range; six genres and the three other lines
    assert sorted(reported, key=str) == sorted(counted, key=str)


def test_the_plays_are_summed_on_the_replica_and_joined_on_the_shards(cluster: Platform) -> None:
    """Only sums by title come to the coordinator, and only sums by genre from the shards."""
    plan: list[Any] = json.loads(shell(cluster, PLAN))

    scans = [line for line in plan if "Remote SQL" in line]
    assert len(scans) == 1
    assert scans[0].endswith("GROUP BY 1, 2")
    tasks = [int(line.split(":")[1]) for line in plan if "Task Count" in line]
    assert sorted(set(tasks)) == [1, 32]
    assert tasks.count(32) == 2
