"""What a suggestion shows of a title. It is kept in the title's document, so that who found it has it.

On Citus each statement asks all shards, and answers are wanted while somebody types. Entry points: `shown_of`,
`suggestion_of`. No failure.
"""

from operator import itemgetter
from typing import Any
from uuid import UUID

import orjson

from catalog.languages import Chain, in_languages
from catalog.search.facts import TitleFacts
from catalog.selectors.posters import picture_of


def shown_of(facts: TitleFacts) -> dict[str, Any]:
    """For JSON, less what is empty: posters only where there is no thumbnail, which would be shown before them."""
    shown = {
        "title": facts.title,
        "original_language": facts.original_language,
        "thumbnail_url": facts.thumbnail_url,
        "titles": facts.titles_by_language,
        "posters": [] if facts.thumbnail_url else sorted(facts.posters, key=itemgetter("language")),
    }
    return {name: value for name, value in shown.items() if value}


def suggestion_of(
    content_id: UUID, *, content_type: str, year: int | None, shown: str, chain: Chain
) -> dict[str, Any]:
    """The title in the first language of the chain that has it, with the picture that its record shows."""
    kept = orjson.loads(shown)
    row = {
        "content_id": content_id,
        "title": kept.get("title", ""),
        "content_type": content_type,
        "year": year,
        "thumbnail_url": kept.get("thumbnail_url", ""),
        "original_language": kept.get("original_language", ""),
    }
    titles = {language: {"title": title} for language, title in kept.get("titles", {}).items()}
    row["thumbnail_url"] = picture_of(row, kept.get("posters", ()), chain)
    return in_languages(row, titles, chain)
