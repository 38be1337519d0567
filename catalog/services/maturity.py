"""Levels of maturity: what a value of a rating system means in years.

Titles keep labels, not ages, so a level that is saved counts at once for all of them and no title is written. Cached
records show ages and the cached table decides, so both are forgotten. Entry points: `level_save`, `levels_delete`.
Failure: `django.db.Error`s; `django.db.IntegrityError` for a value that the edition has already.
"""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from catalog.models import MaturityLevel
from streaming.stores.aliases import CATALOG
from streaming.stores.cache import forget_all
from streaming.stores.citus.writing import mixed_transaction


def level_save(*, level: MaturityLevel) -> MaturityLevel:
    """Adds or changes a level, spelled as labels are: in capitals, without outer blanks."""
    level.system, level.value = level.system.strip().upper(), level.value.strip().upper()
    with mixed_transaction(CATALOG):
        level.save(using=CATALOG)
        transaction.on_commit(forget_all, using=CATALOG)
    return level


def levels_delete(*, ids: Collection[UUID]) -> None:
    """Deletes levels; of their values an earlier edition counts again, or they are unmapped."""
    with mixed_transaction(CATALOG):
        MaturityLevel.objects.using(CATALOG).filter(pk__in=ids).delete()
        transaction.on_commit(forget_all, using=CATALOG)
