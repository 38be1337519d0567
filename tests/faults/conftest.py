from collections.abc import Iterator

import pytest

from tests.environment import WORKER
from tests.faults import platform
from tests.faults.platform import Platform


@pytest.fixture(scope="module")
def served() -> Iterator[Platform]:
    running = platform.start(f"faults-{WORKER or 'alone'}")
    yield running
    running.close()
