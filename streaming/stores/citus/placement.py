"""Where each table of the catalog's database lies once that is Citus: declared here for every model.

A reference table is whole on every node; a distributed one is cut by `content_id` and colocated with the titles,
so that everything about one title lies in one shard group. A table of `SPREAD` is cut by a column of its own and lies
with no other; one of `ON_COORDINATOR` is written by every transaction's own node. The order is the one to place them
in: what others point at comes first. `streaming.stores.E001` refuses a model of the catalog's database that is not
declared.

Entry points: `reference_tables`, `distributed_tables`, `spread_tables`, `placement_is_declared`. Failure: `LookupError`
for a name here that no model has.
"""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error

from streaming.stores.aliases import CATALOG
from streaming.stores.router import HOME

KEY = "content_id"
ROOT = "catalog.content"
REFERENCE = (
    "catalog.genre",
    "catalog.person",
    "catalog.keyword",
    "catalog.studio",
    "catalog.collection",
    "catalog.maturitylevel",
    "catalog.personmerge",
)
DISTRIBUTED = (
    ROOT,
    "catalog.content_genres",
    "catalog.content_keywords",
    "catalog.content_studios",
    "catalog.credit",
    "catalog.season",
    "catalog.episode",
    "catalog.episodeorder",
    "catalog.video",
    "catalog.marker",
    "catalog.artwork",
    "catalog.translation",
    "catalog.alternativetitle",
    "catalog.availabilitywindow",
    "catalog.maturityrating",
    "catalog.externalid",
    "catalog.collectionitem",
    "catalog.contentmerge",
    "catalog.source",
    "catalog.searchdocument",
    "trending.trendingdaily",
)
SPREAD = {"catalog.externalidclaim": "value"}
ON_COORDINATOR = ("catalog.change", "catalog.searchword")


def root_table() -> str:
    return _table(ROOT)


def reference_tables() -> list[str]:
    return [_table(label) for label in REFERENCE]


def distributed_tables() -> list[str]:
    """The titles' table first."""
    return [_table(label) for label in DISTRIBUTED]


def spread_tables() -> dict[str, str]:
    """Table to the column that cuts it."""
    return {_table(label): column for label, column in SPREAD.items()}


def coordinator_tables() -> list[str]:
    return [_table(label) for label in ON_COORDINATOR]


def placement_is_declared(**_: Any) -> list[CheckMessage]:
    """`E001`: on Citus an undeclared table stays on the coordinator, and no key may point from it at a title."""
    declared = {*REFERENCE, *DISTRIBUTED, *SPREAD, *ON_COORDINATOR}
    return [
        Error(
            f"{model._meta.label} has a table in the catalog's database and no place on Citus.",
            hint="Name it in REFERENCE, DISTRIBUTED, SPREAD or ON_COORDINATOR of streaming.stores.citus.placement.",
            obj=model,
            id="stores.E001",
        )
        for model in apps.get_models(include_auto_created=True)
        if HOME.get(model._meta.app_label) == CATALOG
        and model._meta.managed
        and not model._meta.proxy
        and model._meta.label_lower not in declared
    ]


def _table(label: str) -> str:
    return apps.get_model(label)._meta.db_table
