"""Keyset pages: a cursor names the last row seen, so a page costs the same wherever it is.

A cursor is opaque to clients: base64 of the JSON list of its list's question and that row's sort values. Views make
and parse it, by types they name; it is never trusted. In another list its values would be a place that means nothing,
so it is refused there. The next page of a bare array is in `Link: <…>; rel="next"` (RFC 8288).
"""

import base64
import binascii
import hashlib
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
from rest_framework import serializers
from rest_framework.request import Request

from streaming.api.inputs import WHOLE_NUMBER, StrictSerializer

T = TypeVar("T")

LONGEST_CURSOR = 500  # characters, of one without a text
LONGEST_SIGN = 6  # bytes, of a control character in JSON; all others have fewer, in UTF-8 or escaped
BASE64 = 4 / 3


def cursor_field(told: str, *, longest_text: int = 0) -> serializers.CharField:
    """The parameter that takes a cursor. `longest_text` is in characters, of the column that the list is ordered by."""
    longest = LONGEST_CURSOR + math.ceil(longest_text * LONGEST_SIGN * BASE64)
    return serializers.CharField(required=False, max_length=longest, help_text=told)


class PageQuery(StrictSerializer):
    limit = serializers.IntegerField(min_value=1, max_value=100, default=20, help_text="Rows in a page.")
    cursor = cursor_field("From the `Link` of the page before.")


def question_of(*parts: object) -> str:
    """A mark of what is listed: the endpoint and all that decides which rows there are, in which order."""
    return hashlib.sha256(orjson.dumps([str(part) for part in parts])).hexdigest()[:12]


def cursor_of(question: str, *values: object) -> str:
    written = orjson.dumps([question, *(str(value) for value in values)])
    return base64.urlsafe_b64encode(written).decode().rstrip("=")


def instant(text: str) -> datetime:
    """A cursor's timestamp, in UTC. Raises ValueError for one without a zone or outside of what UTC can name."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def whole_number(text: str) -> int:
    """A cursor's number, not negative. Raises ValueError."""
    if not (WHOLE_NUMBER.fullmatch(text) and text.isdigit()):
        raise ValueError(text)
    return int(text)


def finite(text: str) -> float:
    """A cursor's number of any kind. Raises ValueError for one that is none or is endless."""
    if not math.isfinite(value := float(text)):
        raise ValueError(text)
    return value


def plain_text(text: str) -> str:
    """Raises ValueError for a text that PostgreSQL cannot hold."""
    if "\x00" in text:
        raise ValueError(text)
    return text


def parse_cursor(
    cursor: str | None, question: str, *parsers: Callable[[str], Any], field: str = "cursor"
) -> tuple[Any, ...] | None:
    """The values behind a cursor of this question, each through its parser; None for the first page.

    Raises `ValidationError` for `field`.
    """
    if cursor is None:
        return None
    try:
        values = orjson.loads(
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        )
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise ValueError(cursor)
        if values[:1] != [question] or len(values) != 1 + len(parsers):
            raise ValueError(cursor)
        return tuple(parse(value) for parse, value in zip(parsers, values[1:], strict=True))
    except (ValueError, binascii.Error, orjson.JSONDecodeError) as error:
        raise serializers.ValidationError(
            {field: serializers.ErrorDetail("Not a cursor of this list.", code="invalid_cursor")}
        ) from error


def split_page(rows: Sequence[T], limit: int) -> tuple[list[T], T | None]:
    """From `limit + 1` rows: the page, and its last row when another page follows."""
    page = list(rows[:limit])
    return page, page[-1] if len(rows) > limit else None


def next_url(request: Request, cursor: str | None) -> str | None:
    """The address of the page at this cursor, else as the one asked for; None without a cursor."""
    if cursor is None:
        return None
    query = request.query_params.copy()
    query["cursor"] = cursor
    return f"{request.build_absolute_uri(request.path)}?{query.urlencode()}"


def next_link(request: Request, cursor: str | None) -> dict[str, str]:
    """The `Link` header to the next page; empty on the last one."""
    url = next_url(request, cursor)
    return {} if url is None else {"Link": f'<{url}>; rel="next"'}
