"""What tests of the stores share."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from analytics.replication import published_column_types
from streaming.stores.federation import setup as federation
from tests.conftest import one_worker_at_a_time
from tests.outages import away


@pytest.fixture
def without(stores: None) -> Iterator[Callable[[str], None]]:
    """Call it with a store's name (as probes have it): its address is a closed port for the rest of the test."""
    with ExitStack() as stack:
        yield lambda store: stack.enter_context(away(store))


@pytest.fixture
def alone_on_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """For tests that set up replication or federation: their roles are the whole server's, and so every worker's."""
    with one_worker_at_a_time(tmp_path_factory):
        yield


@pytest.fixture
def mended(replicated: Callable[[], None], alone_on_servers: None) -> Iterator[Callable[[], None]]:
    """`replicated`, for tests that break federation: the foreign server is the whole session's."""
    yield replicated
    federation.set_up(published_column_types())
