"""What a maturity rating means: the minimum age behind a system's value.

`MaturityLevel` maps values to ages, by edition; a value that it does not map is unmapped, and within no limit. Titles
keep labels, not ages (`Gate.maturity`), so a level that is added or corrected counts at once, everywhere. A title's
ratings are all to be within a limit: the strictest decides.

Entry points: `label_of`, `labels_within`, `ages_by_label`. Failure: `django.db.Error`s.
"""

from collections.abc import Mapping

from catalog.models import MaturityLevel
from streaming.stores.aliases import CATALOG
from streaming.stores.cache import read_through

LEVELS_KEY = "catalog:maturity-levels"


def label_of(system: str, value: str) -> str:
    """A rating as `Gate.maturity` has it. Case and outer blanks do not matter."""
    return f"{system.strip().upper()}:{value.strip().upper()}"


def ages_by_label() -> Mapping[str, int]:
    """The minimum age in years of every mapped value, from the cache or one query."""
    ages: dict[str, int] = read_through(LEVELS_KEY, _ages_from_rows)
    return ages


def labels_within(limit: int | None) -> frozenset[str] | None:
    """The labels that somebody of `limit` years may see; None for no limit."""
    if limit is None:
        return None
    return frozenset(label for label, age in ages_by_label().items() if age <= limit)


def _ages_from_rows() -> dict[str, int]:
    """Of the highest edition of each value."""
    levels = MaturityLevel.objects.using(CATALOG).order_by("edition")
    return {label_of(level.system, level.value): level.minimum_age for level in levels}
