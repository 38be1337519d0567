"""What a maturity rating means: the minimum age behind a system's value.

`MaturityLevel` maps values to ages, by edition; a value that it does not map is unmapped, and within no limit. Titles
keep labels, not ages (`Gate.maturity`), so a level that is added or corrected counts at once, everywhere. A title's
ratings are all to be within a limit: the strictest decides.

PostgreSQL compares each title's labels with each of those within a limit, one by one, so only those are named that some
title has: a dozen in place of three hundred.

Entry points: `label_of`, `labels_within`, `ages_by_label`; `labels_changed` for who writes ratings. Failure:
`django.db.Error`s.
"""

from collections.abc import Mapping
from functools import partial

from django.db import transaction

from catalog.models import MaturityLevel, MaturityRating
from streaming.stores.aliases import CATALOG
from streaming.stores.cache import forget, read_through

LEVELS_KEY = "catalog:maturity-levels"
IN_USE_KEY = "catalog:maturity-labels"


def label_of(system: str, value: str) -> str:
    """A rating as `Gate.maturity` has it. Case and outer blanks do not matter."""
    return f"{system.strip().upper()}:{value.strip().upper()}"


def ages_by_label() -> Mapping[str, int]:
    """The minimum age in years of every mapped value, from the cache or one query."""
    ages: dict[str, int] = read_through(LEVELS_KEY, _ages_from_rows)
    return ages


def labels_within(limit: int | None) -> frozenset[str] | None:
    """Of the labels that titles have those that somebody of `limit` years may see; None for no limit."""
    if limit is None:
        return None
    ages = ages_by_label()
    in_use: list[str] = read_through(IN_USE_KEY, _labels_from_rows)
    return frozenset(label for label in in_use if label in ages and ages[label] <= limit)


def labels_changed() -> None:
    """To be called in the transaction that gives titles other ratings: after it, labels in use are asked for anew."""
    transaction.on_commit(partial(forget, [IN_USE_KEY]), using=CATALOG)


def _labels_from_rows() -> list[str]:
    ratings = MaturityRating.objects.using(CATALOG).order_by()
    return sorted({label_of(*rating) for rating in ratings.values_list("system", "value").distinct()})


def _ages_from_rows() -> dict[str, int]:
    """Of the highest edition of each value."""
    levels = MaturityLevel.objects.using(CATALOG).order_by("edition")
    return {label_of(level.system, level.value): level.minimum_age for level in levels}
