"""Which ratings no level maps, and how many titles that hides: for editors, who add the levels.

A title counts only if it is public to those without a limit. Entry points: `unmapped_maturity`, `unrated_titles`.
Failure: `django.db.Error`s. Both read every public title's labels: for a report, not for a request of the public.
"""

from typing import NamedTuple

from django.db.models import Count, F, Func, TextField

from catalog.maturity import ages_by_label, label_of
from catalog.models import Content
from streaming.stores.aliases import CATALOG


class UnmappedValue(NamedTuple):
    """`titles` are hidden from every request with a limit; one with two such values counts for each."""

    system: str
    value: str
    titles: int


def unmapped_maturity() -> list[UnmappedValue]:
    """Every value that titles have and no level maps, the one that hides most titles first."""
    each = Func(F("maturity"), function="unnest", output_field=TextField())
    public = Content.objects.using(CATALOG).public().order_by()
    counted = public.annotate(label=each).values_list("label").annotate(titles=Count("*"))
    ages = ages_by_label()
    unmapped = [
        UnmappedValue(system, value, titles)
        for (system, _, value), titles in ((label.partition(":"), titles) for label, titles in counted)
        if label_of(system, value) not in ages
    ]
    return sorted(unmapped, key=lambda found: (-found.titles, found.system, found.value))


def unrated_titles() -> int:
    """How many titles have no rating at all, which hides them from every request with a limit, too."""
    return Content.objects.using(CATALOG).public().filter(maturity=[]).order_by().count()
