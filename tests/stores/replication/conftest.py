from collections.abc import Iterator
from itertools import count

import pytest

from dev import lifecycle
from tests.stores.replication import pairs
from tests.stores.replication.pairs import Pair

NUMBERS = count()


@pytest.fixture(scope="package")
def servers() -> Iterator[Pair]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        started = pairs.start_servers(monkeypatch)
        yield started
        lifecycle.reset(started.instance)


@pytest.fixture
def pair(servers: Pair) -> Iterator[Pair]:
    """A primary and its replica, for one test."""
    with pairs.paired(servers, f"pair_{next(NUMBERS)}") as made:
        yield made
