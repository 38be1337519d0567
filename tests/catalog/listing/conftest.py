from collections.abc import Iterator

import pytest

from catalog.maturity import LEVELS_KEY
from catalog.models import MaturityLevel
from streaming.stores.cache import forget
from tests.catalog.listing.world import AGES, SYSTEM, World, make_world


@pytest.fixture
def levels(stores: None) -> Iterator[None]:
    """A rating system of the tests' own; `stores` leaves the table of levels as it is."""
    MaturityLevel.objects.bulk_create(
        MaturityLevel(system=SYSTEM, value=value, minimum_age=age)
        for value, age in AGES.items()
        if age is not None
    )
    forget([LEVELS_KEY])
    yield
    MaturityLevel.objects.filter(system=SYSTEM).delete()
    forget([LEVELS_KEY])


@pytest.fixture
def world(levels: None) -> World:
    """Three hundred titles."""
    return make_world(seed=5, titles=300)
