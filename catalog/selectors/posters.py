"""The pictures of titles in lists: of each its own thumbnail, and where it has none, the poster that its record shows.

Entry points: `with_posters`; `posters_of`, `best_posters` and `picture_of` for who keeps posters with something else.
Failure: `django.db.Error`s.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from catalog.languages import Chain, preferred
from catalog.models import Artwork
from streaming.stores.aliases import CATALOG

Poster = dict[str, Any]  # with these:
POSTER = ("language", "url", "is_primary")


def with_posters(rows: Sequence[Mapping[str, Any]], chain: Chain) -> list[dict[str, Any]]:
    """Rows of a list, `thumbnail_url` filled where it is empty and there is a poster: one query for all, always.

    A row has its `content_id`, `thumbnail_url` and `original_language`. A poster is looked for along the chain of
    languages, as `catalog.languages` says for pictures; `thumbnail_url` stays empty where there is none.
    """
    posters = posters_of([row["content_id"] for row in rows])
    return [{**row, "thumbnail_url": picture_of(row, posters[row["content_id"]], chain)} for row in rows]


def picture_of(row: Mapping[str, Any], posters: Iterable[Poster], chain: Chain) -> str:
    """The address of the picture that such a row shows."""
    if row["thumbnail_url"]:
        return str(row["thumbnail_url"])
    found = preferred(posters, chain=chain, original=row["original_language"])
    return found["url"] if found else ""


def posters_of(ids: Collection[UUID]) -> defaultdict[UUID, list[Poster]]:
    """Of each title the best poster of each language, so that a title with very many costs no more than it must."""
    rows = Artwork.objects.using(CATALOG).filter(content_id__in=ids, kind=Artwork.Kind.POSTER)
    best = rows.order_by("content_id", "language", "-is_primary", "id").distinct("content_id", "language")
    found: defaultdict[UUID, list[Poster]] = defaultdict(list)
    for poster in best.values("content_id", *POSTER):
        found[poster["content_id"]].append({name: poster[name] for name in POSTER})
    return found


def best_posters(posters: Iterable[tuple[UUID, str, str, bool]]) -> list[Poster]:
    """The same of one title's, each given by its id, language and address and whether it is the primary."""
    worst_first = sorted(posters, key=lambda each: (each[3], -each[0].int))
    return list({each[1]: dict(zip(POSTER, each[1:], strict=True)) for each in worst_first}.values())
