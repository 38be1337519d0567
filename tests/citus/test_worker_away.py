"""A worker is killed, or frozen, while the platform serves: its titles are 503 in time, the others are served."""

from collections.abc import Iterator

import psycopg2
import pytest

from dev import faults, lifecycle
from dev.instance import State
from tests import served as platforms
from tests.citus.cluster import MARKS
from tests.environment import WORKER
from tests.served import Platform, until

pytestmark = MARKS

FAULTS = {"killed": faults.kill, "frozen": faults.freeze}
MENDED_BY = {"killed": lifecycle.start_store, "frozen": faults.thaw}
FORGET = "from streaming.stores.cache import forget_all; forget_all()"
LIES_ON = """
SELECT nodeport FROM pg_dist_node JOIN pg_dist_placement USING (groupid)
 WHERE shardid = get_shard_id_for_distribution_column('content_metadata', %s)
"""


@pytest.fixture(scope="module")
def served() -> Iterator[Platform]:
    running = platforms.start(f"worker-away-{WORKER or 'alone'}", distributed=True)
    yield running
    running.close()


@pytest.mark.parametrize("fault", FAULTS)
def test_only_the_titles_of_a_worker_that_is_away_are_503(served: Platform, fault: str) -> None:
    store_of = {content_id: worker_of(served, content_id) for content_id in served.content_ids}
    away = store_of[served.content_ids[0]]
    url = "/api/v1/content/{}/cast"
    served.manage("shell", "-v0", "-c", FORGET)  # a cached title needs no worker

    FAULTS[fault](served.instance, away)
    try:
        answers = {content_id: served.get(url.format(content_id)) for content_id in store_of}
    finally:
        MENDED_BY[fault](served.instance, away)

    assert {content_id: answer.status for content_id, answer in answers.items()} == {
        content_id: 503 if store == away else 200 for content_id, store in store_of.items()
    }
    assert {answer.body["code"] for answer in answers.values() if answer.status == 503} == {
        "store_unavailable"
    }
    until(lambda: served.get(url.format(served.content_ids[0])).status == 200, "its titles are back")


def worker_of(platform: Platform, content_id: str) -> str:
    """The name under which `dev` runs the server that has the title."""
    state = State.load(platform.instance)
    assert state is not None
    connection = psycopg2.connect(
        platform.variables["CATALOG_DATABASE_URL"], password=platform.variables["CATALOG_DATABASE_PASSWORD"]
    )
    with connection.cursor() as cursor:
        cursor.execute(LIES_ON, [content_id])
        ((port,),) = cursor.fetchall()
    connection.close()
    return {state.ports[store]: store for store in state.worker_stores}[port]
