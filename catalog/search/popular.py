"""How popular a title has to be to be among the first few thousand.

Who types one letter after the other asks for words of any frequency, and of a beginning PostgreSQL can only guess how
many titles have it: where it takes a rare one for common, it walks along all titles by popularity. The popular ones
are few enough to walk along whatever was typed, and say how common that is.

Entry point: `popular_from`. Failure: `django.db.Error`s.
"""

from catalog.models import SearchDocument
from streaming.stores.cache import read_through

POPULAR = 5000  # titles; on two cores to walk along them takes about 5 ms
FEWEST = 2500
KEPT_SECONDS = 600  # a bound of yesterday would do
KEY = "catalog:search:popular"


def popular_from() -> float | None:
    """The popularity that about `POPULAR` titles are above; None where there are not so many, or too many are alike."""
    bound: float | None = read_through(KEY, lambda: {"above": _bound()}, seconds=KEPT_SECONDS)["above"]
    return bound


def _bound() -> float | None:
    by_popularity = SearchDocument.objects.order_by("-popularity")
    bound = by_popularity.values_list("popularity", flat=True)[POPULAR : POPULAR + 1].first()
    if bound is None:
        return None
    above = by_popularity.filter(popularity__gt=bound).order_by().count()
    return bound if above >= FEWEST else None
