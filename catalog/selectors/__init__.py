"""Reads of the catalog, for the API and for the apps above. Only public titles come out, unless a name says so."""

from catalog.selectors.cards import title_cards
from catalog.selectors.episodes import (
    AIRED,
    EPISODE_ORDERS,
    episodes_page,
    place_of,
    season_is_known,
    seasons_page,
)
from catalog.selectors.lookup import titles_by_external_ids
from catalog.selectors.merged import public_person_survivor, public_survivor, survivors_by_id
from catalog.selectors.people import Place, person_record, place_in_filmography
from catalog.selectors.records import ContentRecord, content_record, record_key
from catalog.selectors.titles import (
    any_ids_titled,
    any_title_count,
    any_titles_by_id,
    content_ids_after,
    credits_of_people,
    existing_ids,
    genre_names,
    once_public_titles_by_id,
    public_names_by_id,
)

__all__ = [
    "AIRED",
    "EPISODE_ORDERS",
    "ContentRecord",
    "Place",
    "any_ids_titled",
    "any_title_count",
    "any_titles_by_id",
    "content_ids_after",
    "content_record",
    "credits_of_people",
    "episodes_page",
    "existing_ids",
    "genre_names",
    "once_public_titles_by_id",
    "person_record",
    "place_in_filmography",
    "place_of",
    "public_names_by_id",
    "public_person_survivor",
    "public_survivor",
    "record_key",
    "season_is_known",
    "seasons_page",
    "survivors_by_id",
    "title_cards",
    "titles_by_external_ids",
]
