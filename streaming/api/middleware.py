"""What every request passes: its deadline and its record of stores, and the API's promises outside DRF.

`request_deadline` bounds the time spent in stores and, for the API, writes `Server-Timing`. `ApiEnvelope`
refuses unknown hosts and bodies over the limit before anything is read, and turns an outage that surfaces
outside DRF into 503.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from streaming.api.problems import BodyTooLarge, internal_error, outage_response, problem_response
from streaming.stores import timing
from streaming.stores.citus.replanning import replanned
from streaming.stores.deadline import within

logger = logging.getLogger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponseBase]
API_PREFIX = "/api/"


def request_deadline(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        with within(_limit_for(request.path)), replanned(), timing.recording() as milliseconds:
            response = get_response(request)
        if milliseconds and request.path.startswith(API_PREFIX):
            response["Server-Timing"] = ", ".join(
                f"{store};dur={spent:.1f}" for store, spent in milliseconds.items()
            )
        return response

    return middleware


def _limit_for(path: str) -> timedelta:
    return next(limit for start, limit in settings.DEADLINES.items() if path.startswith(start))


class ApiEnvelope:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        refusal = _refusal(request) if request.path.startswith(API_PREFIX) else None
        return refusal or self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The admin during an outage: 503 in plain words instead of a 500."""
        response = outage_response(error)
        if response is not None and not request.path.startswith(API_PREFIX):
            response.content = (
                b"A store did not answer in time. Reload the page shortly and look what was saved."
            )
            response["Content-Type"] = "text/plain; charset=utf-8"
        if response is None and settings.DEBUG and request.path.startswith(API_PREFIX):
            logger.exception("a bug", exc_info=error)  # Django would answer with its page for developers
            return internal_error(request)
        return response


def _refusal(request: HttpRequest) -> HttpResponse | None:
    """What is answered before anything is read; None lets the request pass."""
    try:
        request.get_host()
    except DisallowedHost:
        return problem_response(400, "The Host header names a host that is not served here.")
    if _length(request) > settings.API_BODY_LIMIT:
        return problem_response(413, BodyTooLarge.default_detail)
    return None


def _length(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        return 0
    return int(length[:18])  # a length of more digits is over any limit as it is
