"""Who can see a title: the panel on its first page and beside its rights.

The answer is that of `GET /content/{id}/visibility`, for the audience that the panel's own small form names.
"""

from typing import Any
from uuid import UUID

from django.http import HttpRequest

from catalog.codes import WORLD, is_country
from catalog.selectors.visibility import content_visibility

OLDEST_LIMIT = 21  # years


def panel(request: HttpRequest, content_id: UUID) -> dict[str, Any] | None:
    """What the panel shows; a territory or limit that cannot be counts as none."""
    territory = request.GET.get("territory", "").strip().upper()
    limit = request.GET.get("limit", "").strip()
    known = territory == WORLD or is_country(territory)
    years = int(limit) if limit.isascii() and limit.isdigit() and int(limit) <= OLDEST_LIMIT else None
    return content_visibility(
        content_id=content_id, territory=territory if known else None, at=None, limit=years
    )
