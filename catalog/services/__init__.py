"""Writes to the catalog: what the admin and the API save comes through here.

A write commits first and then makes the cached records it touched stale, so that what the API serves next is
what was saved. A title's children are saved with their title; `touching` is what follows from each change.

Three others write past these functions, in bulk, and do themselves what is done here: `catalog.importing` and
`catalog.merging` call `contents_touch` for the titles they changed; `catalog.seeding` writes the documents, fills the
feed and repairs the sequences behind the ids it chose, and its caller forgets all records.
"""

from catalog.locking import content_lock
from catalog.services.children import children_save
from catalog.services.collections import (
    CollectionRefused,
    collection_save,
    collection_set_items,
    collections_delete,
    rule_check,
)
from catalog.services.episodes import SeriesRefused
from catalog.services.external_ids import (
    Conflict,
    ExternalIdTaken,
    Pair,
    external_ids_add,
    external_ids_claim,
    external_ids_remove,
)
from catalog.services.maturity import level_save, levels_delete
from catalog.services.popularity import recent_views_set
from catalog.services.shared import people_delete, person_save, term_save, terms_delete
from catalog.services.titles import (
    content_delete,
    content_save,
    contents_delete,
    contents_set_status,
    published_from,
)
from catalog.services.touching import contents_forget, contents_touch
from catalog.services.visibility import visibility_tick
from catalog.services.windows import WindowsOverlap

__all__ = [
    "CollectionRefused",
    "Conflict",
    "ExternalIdTaken",
    "Pair",
    "SeriesRefused",
    "WindowsOverlap",
    "children_save",
    "collection_save",
    "collection_set_items",
    "collections_delete",
    "content_delete",
    "content_lock",
    "content_save",
    "contents_delete",
    "contents_forget",
    "contents_set_status",
    "contents_touch",
    "external_ids_add",
    "external_ids_claim",
    "external_ids_remove",
    "level_save",
    "levels_delete",
    "people_delete",
    "person_save",
    "published_from",
    "recent_views_set",
    "rule_check",
    "term_save",
    "terms_delete",
    "visibility_tick",
]
