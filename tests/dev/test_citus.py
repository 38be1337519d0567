from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from dev import citus, environment, lifecycle
from dev.errors import DevError
from dev.programs import installed
from tests.dev.conftest import Bench

NODES = "SELECT groupid, nodeport FROM pg_dist_node WHERE isactive ORDER BY groupid"
HEALTH = "SELECT bool_and(result), count(*) FROM citus_check_cluster_node_health()"

needs_citus = pytest.mark.skipif(
    citus.find(None) is None, reason="no PostgreSQL installation with the citus extension is found"
)


def test_a_pg_config_without_citus_on_path_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PG_CONFIG", raising=False)
    monkeypatch.setenv("PATH", str(installed().postgres_bin))

    assert citus.find(None) is None


@pytest.mark.parametrize(
    ("pg_config", "lack"),
    [
        (str(installed().postgres_bin / "pg_config"), "without the citus extension"),
        ("/no/such/pg_config", "cannot be run"),
        ("/bin/true", "is no pg_config"),
    ],
)
def test_a_pg_config_that_was_meant_must_have_citus(
    monkeypatch: pytest.MonkeyPatch, pg_config: str, lack: str
) -> None:
    monkeypatch.setenv("PG_CONFIG", pg_config)

    with pytest.raises(DevError, match=f"{lack}.*unset PG_CONFIG"):
        citus.find(None)


@pytest.fixture
def cluster(bench: Bench) -> Iterator[Bench]:
    lifecycle.up(bench.instance, fast=True)
    yield bench


@pytest.mark.citus
@pytest.mark.slow
@needs_citus
def test_the_nodes_of_a_cluster_find_each_other_on_new_ports(cluster: Bench) -> None:
    """The coordinator could not tell a worker of the other's new port, because all had changed."""
    first = dict(cluster.state.ports)
    assert _ask(cluster, NODES) == _groups(first)
    assert _ask(cluster, HEALTH) == [(True, 9)]
    lifecycle.down(cluster.instance)
    state = cluster.state
    state.ports = {}
    state.save()

    lifecycle.up(cluster.instance, fast=True)

    moved = cluster.state.ports
    assert not set(moved.values()) & set(first.values())
    assert _ask(cluster, NODES) == _groups(moved)
    assert _ask(cluster, HEALTH) == [(True, 9)]
    workers = environment.read(cluster.instance)["CITUS_WORKERS"]
    assert workers == f"127.0.0.1:{moved['worker1']},127.0.0.1:{moved['worker2']}"


@pytest.mark.citus
@pytest.mark.slow
@needs_citus
def test_a_cluster_stays_one_where_pg_config_is_not_set_any_more(
    cluster: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    lifecycle.down(cluster.instance)
    monkeypatch.delenv("PG_CONFIG", raising=False)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")

    lifecycle.up(cluster.instance, fast=True)

    assert _ask(cluster, HEALTH) == [(True, 9)]
    assert Path(cluster.state.citus_bin, "postgres").exists()


def _groups(ports: dict[str, int]) -> list[tuple[int, int]]:
    return [(group, ports[node]) for group, node in enumerate(citus.NODES)]


def _ask(bench: Bench, query: str) -> list[tuple[object, ...]]:
    found = environment.read(bench.instance)
    connection = psycopg2.connect(found["CATALOG_DATABASE_URL"], password=found["CATALOG_DATABASE_PASSWORD"])
    with connection.cursor() as cursor:
        cursor.execute(query)
        rows = cursor.fetchall()
    connection.close()
    return rows
