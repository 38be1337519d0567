"""System checks of what is replicated: one per rule, run by `manage.py check` and by every test run.

`E001`: the router's `REPLICATED` and `PUBLISHED` name the same models. `E002`: a column that is not published can
be left out of an insert.
"""

from typing import Any

from django.core.checks import CheckMessage, Error

from analytics.replication import PUBLISHED
from streaming.stores.router import REPLICATED


def replicated_is_published(**_: Any) -> list[CheckMessage]:
    """A model on the replica that is not published stays empty there; one published but not there stops the copy."""
    published = {model._meta.label_lower for model in PUBLISHED}
    return [
        *(
            Error(
                f"{label} has a table on the replica, but is not published.",
                hint="Name its columns in analytics.replication.PUBLISHED, or take it out of REPLICATED.",
                id="analytics.E001",
            )
            for label in sorted(REPLICATED - published)
        ),
        *(
            Error(
                f"{label} is published, but has no table on the replica.",
                hint="Add it to REPLICATED in streaming.stores.router, or take it out of PUBLISHED.",
                id="analytics.E001",
            )
            for label in sorted(published - REPLICATED)
        ),
    ]


def unpublished_columns_can_be_left_out(**_: Any) -> list[CheckMessage]:
    """The apply worker inserts rows without these columns: one without a default, and not null, stops it."""
    return [
        Error(
            f"{model._meta.label}.{field.name} is not published, not null and has no database default.",
            hint="Give it a db_default or null=True, or publish it: else the apply worker stops at the next row.",
            obj=model,
            id="analytics.E002",
        )
        for model, columns in PUBLISHED.items()
        for field in model._meta.local_concrete_fields
        if field.column not in columns and not field.null and not field.has_db_default()
    ]
