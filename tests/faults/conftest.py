from collections.abc import Iterator

import pytest

from tests import served as platforms
from tests.environment import DISTRIBUTED, WORKER
from tests.served import Platform


@pytest.fixture(scope="module")
def served() -> Iterator[Platform]:
    running = platforms.start(f"faults-{WORKER or 'alone'}", distributed=DISTRIBUTED)
    yield running
    running.close()
