"""Answers that a client may keep: a strong `ETag` over the exact bytes, and 304 when they have not changed."""

import hashlib
from collections.abc import Mapping

from django.http import HttpResponse
from django.utils.http import parse_etags
from rest_framework.request import Request

from streaming.api.codecs import dumps

PUBLIC = "public, max-age=0, must-revalidate"
PRIVATE = "private, no-cache"


def conditional_json(
    request: Request,
    value: object,
    *,
    cache_control: str = PUBLIC,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """200 with `value` as JSON, or 304 without a body when `If-None-Match` names these bytes (RFC 9110 §13.1.2)."""
    body = dumps(value)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if "*" in known or etag in (tag.removeprefix("W/") for tag in known):
        response = HttpResponse(status=304)
        del response["Content-Type"]  # Django's default says HTML, of a body that is not there
        response["Content-Length"] = str(len(body))  # of the 200, RFC 9110 §8.6; Django would say 0
    else:
        response = HttpResponse(body, content_type="application/json")
    response["ETag"] = etag
    response["Cache-Control"] = cache_control
    for name, content in (headers or {}).items():
        response[name] = content
    return response
