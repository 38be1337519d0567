"""Genres, keywords and studios: what titles are linked to by name.

What holds for each of them goes over `TERMS`. What lists ask for, count and give as reasons are lists of their own, for
these three are not alike there: `catalog.listing.conditions`, `catalog.listing.facets`, `catalog.similar`.

Entry points: `TERMS`, `Term`, `ids_in_document`. Failure: none.
"""

from collections.abc import Mapping
from typing import Any

from catalog.models import Genre, Keyword, Studio

Term = Genre | Keyword | Studio
TERMS: Mapping[str, type[Any]] = {
    "genres": Genre,
    "keywords": Keyword,
    "studios": Studio,
}  # by a title's field


def ids_in_document(model: type[Term]) -> str:
    """The column of search documents that has a title's keys of them."""
    return f"{model._meta.model_name}_ids"
