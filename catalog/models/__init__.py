"""The catalog's tables, all in `metadata_db`.

Names of tables and columns are published: other teams read them. Every child table carries `content_id` in
its database key (see `streaming.stores.operations.KeyWithContent`), so that distributing it on Citus changes
no schema; what titles share are reference tables; `streaming.stores.citus.placement` declares each. Rows are
written by `catalog.services`, and in bulk by `catalog.importing` and `catalog.seeding`; what those two must see
to themselves, `catalog.services` says.
"""

from catalog.models.parts import (
    Artwork,
    CollectionItem,
    Credit,
    Episode,
    EpisodeOrder,
    Marker,
    OfTitle,
    Season,
    Source,
    Video,
)
from catalog.models.registry import Change, ContentMerge, ExternalId, ExternalIdClaim, PersonMerge
from catalog.models.rights import AvailabilityWindow, MaturityRating
from catalog.models.search import SearchDocument, SearchWord
from catalog.models.shared import Collection, Genre, Keyword, MaturityLevel, Person, Studio
from catalog.models.texts import AlternativeTitle, Translation
from catalog.models.titles import Content

__all__ = [
    "AlternativeTitle",
    "Artwork",
    "AvailabilityWindow",
    "Change",
    "Collection",
    "CollectionItem",
    "Content",
    "ContentMerge",
    "Credit",
    "Episode",
    "EpisodeOrder",
    "ExternalId",
    "ExternalIdClaim",
    "Genre",
    "Keyword",
    "Marker",
    "MaturityLevel",
    "MaturityRating",
    "OfTitle",
    "Person",
    "PersonMerge",
    "SearchDocument",
    "SearchWord",
    "Season",
    "Source",
    "Studio",
    "Translation",
    "Video",
]
