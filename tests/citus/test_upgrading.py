"""A distributed catalog of the first release is brought to this one, with what it has, by `manage.py setup_stores`."""

from collections.abc import Iterator

import pytest

from dev import lifecycle
from dev.citus import AS_IT_IS
from dev.instance import Instance
from streaming.stores.citus.placement import distributed_tables, reference_tables, spread_tables
from tests.citus.cluster import MARKS
from tests.environment import WORKER
from tests.first_release import FirstRelease, first_release
from tests.served import until

pytestmark = MARKS


@pytest.fixture
def platform() -> Iterator[FirstRelease]:
    instance = Instance.named(f"citus-upgrading-{WORKER or 'alone'}")
    yield first_release(instance, AS_IT_IS)
    lifecycle.reset(instance)


def test_a_distributed_catalog_takes_every_migration_since(platform: FirstRelease) -> None:
    """Citus refused a column with a check of its own where the titles were distributed already."""
    platform.manage("distribute", "--shards", "4")  # and then misses the tables that are still to come
    assert platform.sql(
        "SELECT citus_table_type FROM citus_tables WHERE table_name = 'content_metadata'::regclass"
    ) == [("distributed",)]

    done = platform.manage("setup_stores")

    assert done.returncode == 0, done.stderr
    until(lambda: platform.manage("status").returncode == 0, "the first copy is done")
    assert platform.found("helm") == ["Metropolis"]
    placed = platform.sql("SELECT table_name::text, citus_table_type FROM citus_tables")
    assert set(placed) == {
        *((table, "distributed") for table in (*distributed_tables(), *spread_tables())),
        *((table, "reference") for table in reference_tables()),
    }
