"""A catalog whose address in the settings is `localhost`, with servers beside it."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from dev import citus, environment, lifecycle
from dev.instance import Instance, State
from tests.citus.cluster import MARKS
from tests.environment import WORKER
from tests.served import ROOT

pytestmark = MARKS


@pytest.fixture
def instance() -> Iterator[Instance]:
    own = Instance.named(f"localhost-{WORKER or 'alone'}")
    lifecycle.reset(own)
    lifecycle.up(own, fast=True, size=citus.Size(workers=0, spares=1))
    yield own
    lifecycle.reset(own)


def test_it_is_distributed_and_a_worker_joins_it(instance: Instance) -> None:
    """`distribute` named the coordinator `localhost`, and Citus lets no worker join one of that name."""
    state = State.load(instance)
    assert state is not None
    coordinator, spare = (f"127.0.0.1:{state.ports[store]}" for store in ("catalog", "worker1"))
    variables = environment.for_child(environment.read(instance), dict(os.environ))
    named = variables["CATALOG_DATABASE_URL"].replace("127.0.0.1", "localhost")
    assert named != variables["CATALOG_DATABASE_URL"]

    def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            env=variables | {"CATALOG_DATABASE_URL": named},
            cwd=ROOT,
            capture_output=True,
            text=True,
        )

    assert manage("migrate", "--database", "catalog", "--skip-checks", "-v0").returncode == 0
    distributed = manage("distribute", "--shards", "2")
    joined = manage("workers", "add", spare)
    again = manage("workers", "add", spare)

    assert (distributed.returncode, joined.returncode) == (0, 0), distributed.stderr + joined.stderr
    assert "the coordinator is known as" not in joined.stdout
    assert "joined as a worker" in joined.stdout
    assert again.stdout.startswith(f"{spare}: is a worker already.")
    assert coordinator in manage("workers", "list").stdout
