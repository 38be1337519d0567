"""From what a request says of its audience to the `Audience` that the rule of visibility takes.

Entry point: `audience_of`. Failure: `django.db.Error`s, where a limit is named and the levels are not cached.
"""

from collections.abc import Mapping
from typing import Any

from catalog.maturity import labels_within
from catalog.visibility import Audience


def audience_of(query: Mapping[str, Any]) -> Audience:
    """The audience, now, of a query that `AudienceQuery` or a subclass has validated."""
    return Audience.now(
        territory=query.get("available_in"),
        labels=labels_within(query.get("maturity_lte")),
    )
