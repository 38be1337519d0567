"""Which database a model lives in. The only place that knows; its answers are total.

Every installed app with tables is listed in `HOME`; an app that is not raises `UnknownApp`, because a
silent default would create its tables in the wrong database. `REPLICATED` names the models whose tables
also exist on the replica, where only the apply worker writes: they are read there inside
`streaming.stores.replica.reading`, and nowhere else. Only published columns are filled there, so such
reads name theirs with `values` or `values_list`.
"""

from typing import Any

from django.db import models

from streaming.stores import replica
from streaming.stores.aliases import ANALYTICS, CATALOG, REPLICA

HOME = {
    "analytics": ANALYTICS,
    "auth": ANALYTICS,
    "contenttypes": ANALYTICS,
    "sessions": ANALYTICS,
    "admin": ANALYTICS,
    "token_blacklist": ANALYTICS,
    "catalog": CATALOG,
    "trending": CATALOG,
}
REPLICATED = frozenset({"analytics.user", "analytics.watchhistory"})
TABLELESS = frozenset(
    {
        "messages",
        "staticfiles",
        "postgres",
        "humanize",
        "rest_framework",
        "drf_spectacular",
        "drf_spectacular_sidecar",
        "stores",
        "api",
        "reviews",
        "gateway",
    }
)


class UnknownApp(LookupError):
    """An app with tables that no line of `HOME` gives a database."""


def home_of(app_label: str) -> str:
    """The alias that owns the app's tables. Raises `UnknownApp`."""
    try:
        return HOME[app_label]
    except KeyError:
        raise UnknownApp(
            f"No database is named for the app {app_label!r}: add it to HOME in {__name__}."
        ) from None


class StoreRouter:
    """Django's router protocol over `HOME` and `REPLICATED`."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str:
        if model._meta.label_lower in REPLICATED and replica.on_replica():
            return REPLICA
        return home_of(model._meta.app_label)

    def db_for_write(self, model: type[models.Model], **hints: Any) -> str:
        return home_of(model._meta.app_label)

    def allow_relation(self, left: models.Model, right: models.Model, **hints: Any) -> bool:
        return home_of(left._meta.app_label) == home_of(right._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool:
        """Raw SQL (no `model_name`) runs at home; on the replica only when the operation hints `replicated`."""
        if app_label in TABLELESS:
            return False
        if db != REPLICA:
            return db == home_of(app_label)
        home_of(app_label)
        if model_name is None:
            return bool(hints.get("replicated"))
        return f"{app_label}.{model_name.lower()}" in REPLICATED
