"""`/titles/<id>`: everything about one title, as `GET /content/{id}/details` has it, in the browser's languages, and
the episodes of one season.

What stands beneath it, seasons and similar titles, is left out where it does not come in time.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from catalog.languages import Chain
from catalog.selectors import public_survivor
from catalog.similar import similar_titles
from catalog.visibility import Audience
from streaming.gateway.details import content_details
from streaming.gateway.site.rendering import page, spoken
from streaming.gateway.site.seasons import seasons_shown
from streaming.stores.outage import optional

FIRST_CREDITS = 18
FIRST_REVIEWS = 5
MOST_SIMILAR = 6
PART_LIMIT = timedelta(milliseconds=250)


@page
def title(request: HttpRequest, content_id: UUID) -> HttpResponse:
    chain = spoken(request)
    details = content_details(content_id=content_id, chain=chain)
    if details is None:
        return _elsewhere(content_id)
    cast, reviews, beneath = details["cast"], details["reviews"], _beneath(request, content_id, chain)
    context = {
        **details,
        **beneath,
        "title": details["metadata"],
        "year": (details["metadata"]["release_date"] or "")[:4],
        "first_credits": cast[:FIRST_CREDITS],
        "other_credits": cast[FIRST_CREDITS:],
        "first_reviews": reviews[:FIRST_REVIEWS],
        "other_reviews": reviews[FIRST_REVIEWS:],
    }
    return render(request, "site/title.html", context)


def _elsewhere(content_id: UUID) -> HttpResponse:
    """To the title that this one was merged into, for good. Raises `Http404` where there is none to see."""
    survivor = public_survivor(content_id)
    if survivor is None:
        raise Http404
    return redirect("title", survivor, permanent=True)


def _beneath(request: HttpRequest, content_id: UUID, chain: Chain) -> dict[str, Any]:
    left_out: list[str] = []
    return {
        name: optional(name, ask, limit=PART_LIMIT, degraded=left_out)
        for name, ask in {
            "seasons": lambda: seasons_shown(content_id=content_id, asked=request.GET),
            "similar": lambda: similar_titles(
                content_id=content_id, audience=Audience.now(), limit=MOST_SIMILAR, chain=chain
            ),
        }.items()
    }
