import pytest

from tests.catalog.merging.licensed import Pair, named


@pytest.fixture
def pair(stores: None) -> Pair:
    """The loser "alpha" and the survivor "beta", which avails know by their names."""
    loser, survivor = named("alpha", "beta")
    return loser, survivor
