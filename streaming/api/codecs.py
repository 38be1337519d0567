"""JSON in and out of the API, by orjson: it refuses what would break later (lone surrogates, endless nesting, NaN).

NUL is legal JSON and illegal in PostgreSQL's text, so a body with one is refused here, once, wherever it stands.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from streaming.api.problems import BodyTooLarge


def dumps(value: object) -> bytes:
    """JSON bytes. Decimals become numbers, datetimes RFC 3339 with `Z`, UUIDs strings."""
    return orjson.dumps(
        value,
        default=_plain,
        option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS,
    )


def _plain(value: object) -> float | str | dict[Any, Any] | list[Any]:
    """What orjson does not know itself: decimals, and subclasses such as lazy texts and serializers' `data`."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, list):
        return list(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


class OrjsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else dumps(data)


class OrjsonParser(BaseParser):
    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The body's value. Raises `BodyTooLarge` past the limit, `ParseError` for what is not clean JSON."""
        body = stream.read(settings.API_BODY_LIMIT + 1)
        if len(body) > settings.API_BODY_LIMIT:
            raise BodyTooLarge()
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not valid JSON: {error}.") from error
        if _has_nul(value):
            raise ParseError("The body holds a NUL character.")
        return value


def _has_nul(value: Any) -> bool:
    """Iterative: orjson lets through a nesting that recursion could not follow."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if "\x00" in item:
                return True
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())
    return False
