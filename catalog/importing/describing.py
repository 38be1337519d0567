"""What a new title's search document is made of, and who may see it, from its row alone.

The same as `catalog.search.facts.facts_of` and `catalog.services.touching` read from the tables; a test keeps
them equal. Entry points: `gate_of`, `status_of`, `title_facts`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from catalog.gating import gate_from
from catalog.importing.children import (
    ALTERNATIVE_TITLES,
    ARTWORK,
    CREDITS,
    MATURITY_RATINGS,
    TRANSLATIONS,
    WINDOWS,
    Children,
)
from catalog.importing.records import Title
from catalog.importing.sharing import Known, TermIds
from catalog.models import Artwork, Content
from catalog.search.facts import Named, Texts, TitleFacts, names_in_order
from catalog.selectors.posters import POSTER, Poster, best_posters

Gate = dict[str, Any]

# By name, so that another column in a table shifts none of these.
WINDOW = WINDOWS.picking("territory", "starts_at", "ends_at")
RATING = MATURITY_RATINGS.picking("system", "value")
TEXTS = TRANSLATIONS.picking(*Texts._fields)
OTHER_TITLE = ALTERNATIVE_TITLES.picking("title")
CREDITED = CREDITS.picking("person_id", "credited_as")
POSTER_ROW = ARTWORK.picking("id", *POSTER)
KIND_OF_ARTWORK = ARTWORK.picking("kind")


def gate_of(title: Title, children: Children) -> Gate:
    """The values of `catalog.models.gate.Gate`."""
    return {
        "status": status_of(title),
        "published_at": title.published_at,
        **gate_from(
            windows=map(WINDOW, children.get(WINDOWS, ())),
            ratings=map(RATING, children.get(MATURITY_RATINGS, ())),
        ),
    }


def status_of(title: Title) -> str:
    """Published without a date, a title is a draft."""
    dateless = title.status == Content.Status.PUBLISHED and title.published_at is None
    return Content.Status.DRAFT if dateless else title.status


def title_facts(
    *,
    content_id: UUID,
    title: Title,
    children: Children,
    gate: Gate,
    terms: TermIds,
    known: Known,
    now: datetime,
) -> TitleFacts:
    return TitleFacts(
        content_id=content_id,
        title=title.title,
        content_type=title.content_type,
        created_at=now,
        original_title=title.original_title,
        sort_title=title.sort_title,
        tagline=title.tagline,
        summary=title.summary,
        release_year=title.release_date.year if title.release_date else None,
        duration_minutes=title.duration_minutes,
        rating=title.rating,
        rating_count=title.rating_count,
        countries=list(title.countries),
        thumbnail_url=title.thumbnail_url,
        original_language=title.original_language,
        posters=_posters(children),
        people=_people(children, known),
        **names_in_order(
            translations=map(Texts._make, map(TEXTS, children.get(TRANSLATIONS, ()))),
            alternative_titles=map(OTHER_TITLE, children.get(ALTERNATIVE_TITLES, ())),
            **{field: _named(getattr(title, field), ids) for field, ids in terms.items()},
        ),
        **gate,
    )


def _people(children: Children, known: Known) -> list[tuple[UUID, str]]:
    """In billing order, by the name the catalog has and by the one that was printed."""
    return [
        (person_id, name)
        for person_id, printed in map(CREDITED, children.get(CREDITS, ()))
        for name in (known.names[person_id], printed)
        if name
    ]


def _posters(children: Children) -> list[Poster]:
    artwork = children.get(ARTWORK, ())
    return best_posters(POSTER_ROW(row) for row in artwork if KIND_OF_ARTWORK(row) == Artwork.Kind.POSTER)


def _named(names: tuple[str, ...], ids: Mapping[str, int]) -> list[Named]:
    return [(ids[name], name) for name in set(names)]
