"""Addresses that lead elsewhere for good: what was found under no id may have another one now.

An app says who knows, by the name that the id has in its routes: `leads_on("content_id", finder)`; the finder gets the
request's parameters, for what is there for one who asks may not be for another. The problem handler
asks after a view found nothing, so that a hit costs nothing, every route with that parameter is covered, and none has
to know of it. The answer is 308 (RFC 9110 §15.4.9): the method and the body stay.

Entry points: `leads_on`, `moved_response`, `parameters`. Failure: what a finder raises.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

Finder = Callable[[UUID, Mapping[str, str]], UUID | None]
# Merges can be undone, and a client may hold a 308 for ever: it asks again after a day.
CACHE_CONTROL = "public, max-age=86400"

_finders: dict[str, Finder] = {}


def leads_on(parameter: str, finder: Finder) -> None:
    """`finder` gives the id that is to be asked for in place of one that nothing was found under; None for none."""
    _finders[parameter] = finder


def parameters() -> Collection[str]:
    return _finders


def moved_response(request: HttpRequest, ids: Mapping[str, Any]) -> HttpResponse | None:
    """308 to the same address with the present id; None where there is none. `ids` are the route's parameters."""
    for parameter, finder in _finders.items():
        asked = ids.get(parameter)
        present = finder(asked, request.GET) if isinstance(asked, UUID) else None
        if present is not None:
            response = HttpResponse(status=308)
            response["Location"] = request.get_full_path().replace(str(asked), str(present), 1)
            response["Cache-Control"] = CACHE_CONTROL
            del response["Content-Type"]
            return response
    return None
