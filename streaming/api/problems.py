"""Errors as RFC 9457 `application/problem+json`, with a stable `code` for programs.

`exception_to_problem` is DRF's exception handler: it knows DRF's own exceptions, an outage of a store (503)
and nothing else; a bug stays an exception. Views raise DRF's exceptions or the `Problem`s below.
"""

import logging
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.defaults import server_error
from prometheus_client import Counter
from rest_framework import exceptions, status

from streaming.api.moved import moved_response
from streaming.stores.outage import StoreUnavailable, is_outage
from streaming.stores.refusal import first_line

logger = logging.getLogger(__name__)
UNANSWERED = Counter("streaming_unanswered_total", "Requests answered 503 because a store was away.")
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_OUTAGE_SECONDS = 1
RETRY_AFTER_REPAIR_SECONDS = 60
CODES = {
    400: "invalid",
    401: "not_authenticated",
    403: "permission_denied",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    410: "cursor_expired",
    412: "precondition_failed",
    413: "body_too_large",
    415: "unsupported_media_type",
    429: "throttled",
    500: "internal_error",
    503: "store_unavailable",
}


class Conflict(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"
    default_detail = "It exists already."


class Gone(exceptions.APIException):
    status_code = status.HTTP_410_GONE
    default_code = "cursor_expired"
    default_detail = "The cursor leads nowhere any more. Start anew without it."


class Unavailable(exceptions.APIException):
    """For what a store holds and cannot be given now; the stores' own outages are `outage_response`'s."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "store_unavailable"
    default_detail = "This cannot be answered now. Try again later."
    wait = RETRY_AFTER_REPAIR_SECONDS


class BodyTooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"
    default_detail = "The body is over 65,536 bytes. Send less, or in several requests."


def problem(
    status_code: int,
    detail: str,
    *,
    code: str | None = None,
    errors: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """The body of a problem. `code` defaults to the one that belongs to the status."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status_code).phrase,
        "status": status_code,
        "detail": detail,
        "code": code or CODES[status_code],
    }
    if errors:
        body["errors"] = errors
    return body


def problem_response(status_code: int, detail: str, *, code: str | None = None) -> HttpResponse:
    """For what fails before or beside DRF: middleware and routes."""
    response = _as_response(problem(status_code, detail, code=code))
    if status_code == status.HTTP_503_SERVICE_UNAVAILABLE:
        response["Retry-After"] = str(RETRY_AFTER_OUTAGE_SECONDS)
    return response


def _as_response(body: dict[str, Any]) -> HttpResponse:
    """Not DRF's `Response`: that would be written by whatever renderer the view has, YAML or HTML among them."""
    response = HttpResponse(orjson.dumps(body), status=body["status"], content_type=MEDIA_TYPE)
    response["Cache-Control"] = "no-store"
    return response


def outage_response(error: BaseException) -> HttpResponse | None:
    """503 for an outage of a store, None for any other exception."""
    if not is_outage(error):
        return None
    logger.error("answered 503: %s", _what_was_away(error))
    UNANSWERED.inc()
    return problem_response(503, "A store did not answer in time. Try again shortly.")


def _what_was_away(error: BaseException) -> str:
    store = f"{error.store}: " if isinstance(error, StoreUnavailable) else ""
    raised = error.__cause__ if isinstance(error, StoreUnavailable) else error
    return f"{store}{type(raised).__name__}: {first_line(raised)}"


def exception_to_problem(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, SuspiciousOperation):
        return problem_response(400, "The request is malformed, or has too many parameters.")
    if not isinstance(error, exceptions.APIException):
        return outage_response(error)
    if isinstance(error, exceptions.NotFound):
        moved = moved_response(context["request"]._request, context["kwargs"])
        if moved is not None:
            return moved
    response = _as_response(_body(error))
    if auth_header := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = auth_header
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(int(wait))
        for name, value in context["request"].META.get("streaming.rate_limit", {}).items():
            response[name] = value
    return response


def _body(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        fields = list(_field_errors(error.get_full_details(), ""))
        return problem(
            error.status_code, "Some values are not acceptable; `errors` names each.", errors=fields
        )
    code = error.get_codes()
    simple = code if isinstance(code, str) and code not in {"error", "parse_error"} else None
    if isinstance(error, exceptions.ParseError):
        simple = "malformed_json"
    return problem(error.status_code, _detail(error), code=simple if simple not in GENERIC else None)


GENERIC = {"authentication_failed", "max_length_exceeded"}


def _detail(error: exceptions.APIException) -> str:
    if isinstance(error.detail, dict):  # simplejwt's token errors
        return str(error.detail.get("detail", error.default_detail))
    return str(error.detail)


def _field_errors(details: Any, field: str) -> Iterator[dict[str, str]]:
    """DRF's nested details as a flat list; a list's index and a nested field join the name with a dot."""
    if isinstance(details, list):
        for index, item in enumerate(details):
            nested = isinstance(item, dict) and not _is_leaf(item)
            yield from _field_errors(item, f"{field}.{index}".lstrip(".") if nested else field)
    elif _is_leaf(details):
        yield {"field": field, "code": str(details["code"]), "detail": str(details["message"])}
    elif isinstance(details, dict):
        for name, item in details.items():
            inner = "" if name == "non_field_errors" else str(name)
            yield from _field_errors(item, f"{field}.{inner}".strip("."))


def _is_leaf(details: Any) -> bool:
    """One error, not a mapping of fields that happen to be named `message` and `code`."""
    return isinstance(details, dict) and isinstance(details.get("message"), str)


@csrf_exempt  # no cookie counts here; Django's refusal would be a page of HTML
def no_such_path(request: HttpRequest) -> HttpResponse:
    """The API's last route: unknown paths and malformed ids alike."""
    return problem_response(404, "There is no such resource. See /api-docs for what there is.")


def internal_error(request: HttpRequest) -> HttpResponse:
    """Django's `handler500`: a bug, already logged. The admin keeps Django's own page."""
    if request.path.startswith("/api/"):
        return problem_response(500, "Something went wrong on our side; it has been logged.")
    return server_error(request)
