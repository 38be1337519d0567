"""The pictures of titles in lists: of each its own thumbnail, and where it has none, the poster that its record shows.

Entry point: `with_posters`. Failure: `django.db.Error`s.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from catalog.languages import Chain, preferred
from catalog.models import Artwork


def with_posters(rows: Sequence[Mapping[str, Any]], chain: Chain) -> list[dict[str, Any]]:
    """Rows of a list, `thumbnail_url` filled where it is empty and there is a poster: one query for all, always.

    A row has its `content_id`, `thumbnail_url` and `original_language`. A poster is looked for along the chain of
    languages, as `catalog.languages` says for pictures; `thumbnail_url` stays empty where there is none.
    """
    posters = _posters([row["content_id"] for row in rows])
    return [{**row, "thumbnail_url": row["thumbnail_url"] or _url(row, posters, chain)} for row in rows]


def _url(row: Mapping[str, Any], posters: Mapping[UUID, list[Mapping[str, Any]]], chain: Chain) -> str:
    found = preferred(posters.get(row["content_id"], ()), chain=chain, original=row["original_language"])
    return found["url"] if found else ""


def _posters(ids: Collection[UUID]) -> Mapping[UUID, list[Mapping[str, Any]]]:
    """Of each title the best poster of each language, so that a title with very many costs no more than it must."""
    rows = Artwork.objects.filter(content_id__in=ids, kind=Artwork.Kind.POSTER)
    best = rows.order_by("content_id", "language", "-is_primary", "id").distinct("content_id", "language")
    found: defaultdict[UUID, list[Mapping[str, Any]]] = defaultdict(list)
    for poster in best.values("content_id", "language", "url", "is_primary"):
        found[poster["content_id"]].append(poster)
    return found
