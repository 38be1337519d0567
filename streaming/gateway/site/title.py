"""`/titles/<id>`: everything about one title, as `GET /content/{id}/details` has it, in the browser's languages."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from streaming.gateway.details import content_details
from streaming.gateway.site.rendering import page, spoken

FIRST_CREDITS = 18
FIRST_REVIEWS = 5


@page
def title(request: HttpRequest, content_id: UUID) -> HttpResponse:
    details = content_details(content_id=content_id, chain=spoken(request))
    if details is None:
        raise Http404
    cast, reviews = details["cast"], details["reviews"]
    context = {
        **details,
        "title": details["metadata"],
        "year": (details["metadata"]["release_date"] or "")[:4],
        "first_credits": cast[:FIRST_CREDITS],
        "other_credits": cast[FIRST_CREDITS:],
        "first_reviews": reviews[:FIRST_REVIEWS],
        "other_reviews": reviews[FIRST_REVIEWS:],
    }
    return render(request, "site/title.html", context)
