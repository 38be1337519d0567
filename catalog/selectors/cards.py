"""Titles as lists show them: a card each, whatever found them.

Entry point: `title_cards`. Failure: `django.db.Error`s.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from catalog.languages import Chain, shortened, translated
from catalog.models import Content
from catalog.selectors.posters import with_posters
from catalog.visibility import Audience

CARD_FIELDS = (
    *("content_id", "title", "original_title", "content_type", "release_date", "duration_minutes"),
    *("summary", "thumbnail_url", "rating", "original_language"),
)
LONGEST_SUMMARY = 200  # characters of a card's


def title_cards(
    *, content_ids: Sequence[UUID], audience: Audience | None = None, chain: Chain = ()
) -> list[dict[str, Any]]:
    """A card for each of these titles that the audience may see, in the order given: three queries, however many.

    `rating` is a number or None, `year` that of the release, `genres` their names, `summary` its beginning,
    `thumbnail_url` the picture that its record shows. With a chain of languages (`catalog.languages`) it is one query
    more; `languages` says what language each text is of.
    """
    rows = Content.objects.public(audience).filter(content_id__in=content_ids).order_by()
    spoken = translated(list(rows.values(*CARD_FIELDS)), chain)
    found = {row["content_id"]: row for row in with_posters(spoken, chain)}
    genres = _genre_names(content_ids)
    return [
        _card(found[content_id], genres.get(content_id, []))
        for content_id in content_ids
        if content_id in found
    ]


def _card(row: dict[str, Any], genres: list[str]) -> dict[str, Any]:
    released, rating = row["release_date"], row["rating"]
    return {
        **row,
        "year": released.year if released else None,
        "rating": None if rating is None else float(rating),
        "summary": shortened(row["summary"], LONGEST_SUMMARY),
        "genres": genres,
    }


def _genre_names(ids: Collection[UUID]) -> Mapping[UUID, list[str]]:
    names: defaultdict[UUID, list[str]] = defaultdict(list)
    links = Content.genres.through.objects.filter(content_id__in=ids).order_by("genre__name")
    for content_id, name in links.values_list("content_id", "genre__name"):
        names[content_id].append(name)
    return names
