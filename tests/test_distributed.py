"""That a run tests the catalog it says it tests."""

from streaming.stores.citus import cluster
from tests.distributed import SHARDS
from tests.environment import DISTRIBUTED


def test_the_catalog_lies_as_the_run_was_told(stores: None) -> None:
    placed = cluster.placed()

    assert {table: place.kind for table, place in placed.items()} == (cluster.wanted() if DISTRIBUTED else {})
    assert {place.shards for place in placed.values() if place.kind == "distributed"} == (
        {SHARDS} if DISTRIBUTED else set()
    )
    assert sum(not node.is_coordinator for node in cluster.nodes()) == (2 if DISTRIBUTED else 0)
