from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from dev import citus, environment, lifecycle
from dev.errors import DevError
from dev.programs import installed
from tests.dev.conftest import Bench

PORTS = "SELECT nodeport FROM pg_dist_node WHERE isactive ORDER BY groupid"
HEALTH = "SELECT bool_and(result), count(*) FROM citus_check_cluster_node_health()"
# A node on which another one's server answers has a group id that is not its own.
TAKEN_FOR_ANOTHER = """
SELECT nodeport FROM pg_dist_node
  JOIN run_command_on_workers('SELECT groupid FROM pg_dist_local_group') told USING (nodeport)
 WHERE told.result <> groupid::text
"""

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


def test_a_size_needs_citus(bench: Bench) -> None:
    result = bench.run("up", "--spares", "1", env={"PG_CONFIG": "", "PATH": "/usr/bin:/bin"})

    assert result.returncode == 1
    assert result.stderr == (
        "dev: --workers and --spares need a PostgreSQL with the citus extension: set PG_CONFIG to one\n"
    )


def test_where_citus_is_can_be_asked_and_nowhere_is_no_failure(bench: Bench) -> None:
    said = bench.run("citus", env={"PG_CONFIG": "", "PATH": str(installed().postgres_bin)})

    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


@pytest.fixture
def cluster(bench: Bench) -> Iterator[Bench]:
    lifecycle.up(bench.instance, fast=True)
    yield bench


@pytest.mark.citus
@pytest.mark.slow
@needs_citus
def test_the_nodes_of_a_cluster_find_each_other_on_new_ports(cluster: Bench) -> None:
    """The coordinator could not tell a worker of the other's new port, because all had changed.

    A node was found by its group, which is another one once the node was taken out and added again; and by
    its port, it is another one where two change places.
    """
    first = dict(cluster.state.ports)
    assert _ask(cluster, PORTS) == [(first[node],) for node in ("catalog", "worker1", "worker2")]
    workers = environment.read(cluster.instance)["CITUS_WORKERS"]
    assert workers == f"127.0.0.1:{first['worker1']},127.0.0.1:{first['worker2']}"
    _ask(cluster, f"SELECT citus_remove_node('127.0.0.1', {first['worker1']})")
    _ask(cluster, f"SELECT citus_add_node('127.0.0.1', {first['worker1']})")
    lifecycle.down(cluster.instance)
    state = cluster.state
    del state.ports["catalog"]
    state.ports |= {"worker1": first["worker2"], "worker2": first["worker1"]}
    state.save()

    lifecycle.up(cluster.instance, fast=True)

    moved = cluster.state.ports
    assert moved["catalog"] not in first.values()
    assert _ask(cluster, PORTS) == [(moved[node],) for node in ("catalog", "worker2", "worker1")]
    assert _ask(cluster, TAKEN_FOR_ANOTHER) == []
    assert _ask(cluster, HEALTH) == [(True, 9)]


@pytest.mark.citus
@pytest.mark.slow
@needs_citus
def test_an_up_does_not_bring_back_a_worker_that_was_removed(cluster: Bench) -> None:
    """It was joined again because its port was not among the nodes'."""
    ports = cluster.state.ports
    _ask(cluster, f"SELECT citus_remove_node('127.0.0.1', {ports['worker2']})")

    lifecycle.up(cluster.instance, fast=True)

    assert _ask(cluster, PORTS) == [(ports["catalog"],), (ports["worker1"],)]


@pytest.mark.citus
@pytest.mark.slow
@needs_citus
def test_a_catalog_without_workers_has_no_extension_and_its_spares_are_not_joined(bench: Bench) -> None:
    lifecycle.up(bench.instance, fast=True, size=citus.Size(workers=0, spares=1))

    assert _ask(bench, "SELECT count(*) FROM pg_extension WHERE extname = 'citus'") == [(0,)]
    assert _ask(bench, "SHOW shared_preload_libraries") == [("citus",)]
    found = environment.read(bench.instance)
    spare = f"127.0.0.1:{bench.state.ports['worker1']}"
    assert (found.get("CITUS_WORKERS"), found["CITUS_SPARES"]) == (None, spare)
    with pytest.raises(psycopg2.OperationalError, match='database "metadata_db" does not exist'):
        psycopg2.connect(
            f"postgresql://streaming@{spare}/metadata_db", password=found["CATALOG_DATABASE_PASSWORD"]
        )
    for size in (citus.Size(workers=1), citus.Size(spares=0)):
        with pytest.raises(DevError, match=r"made with --workers 0 --spares 1.*`reset`"):
            lifecycle.up(bench.instance, fast=True, size=size)

    started = lifecycle.up(bench.instance, fast=True, size=citus.Size(spares=2)).started

    assert started == ("worker2",)
    assert bench.state.spares == 2


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


def _ask(bench: Bench, query: str) -> list[tuple[object, ...]]:
    found = environment.read(bench.instance)
    connection = psycopg2.connect(found["CATALOG_DATABASE_URL"], password=found["CATALOG_DATABASE_PASSWORD"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(query)
        rows = cursor.fetchall()
    connection.close()
    return rows
