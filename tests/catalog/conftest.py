"""Fixtures of the catalog's tests."""

from collections.abc import Iterator

import pytest

from catalog.maturity import LEVELS_KEY
from catalog.models import MaturityLevel
from streaming.stores.aliases import CATALOG
from streaming.stores.cache import forget

LEVELS = {("FSK", "6"): 6, ("FSK", "12"): 12, ("BBFC", "15"): 15}


@pytest.fixture
def levels(stores: None) -> Iterator[None]:
    """A few levels of maturity, for as long as the test lasts."""
    kept = list(MaturityLevel.objects.using(CATALOG).all())
    MaturityLevel.objects.using(CATALOG).all().delete()
    MaturityLevel.objects.using(CATALOG).bulk_create(
        [
            MaturityLevel(system=system, value=value, minimum_age=age)
            for (system, value), age in LEVELS.items()
        ]
    )
    forget([LEVELS_KEY])
    yield
    MaturityLevel.objects.using(CATALOG).all().delete()
    MaturityLevel.objects.using(CATALOG).bulk_create(kept)
    forget([LEVELS_KEY])
