"""The API as its own OpenAPI document tells it: every operation, how to call it, what it may answer.

Tests that loop over `operations()` cover a new route without being told of it.
"""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from jsonschema import Draft202012Validator, FormatChecker
from rest_framework.test import APIClient

from streaming.api.problems import CODES, MEDIA_TYPE

STABLE_CODES = {*CODES.values(), "malformed_json"}
DRIVERS_WORDS = ("psycopg", "Traceback", "SELECT ", "pymongo", "mongoengine", "redis", "orjson", "DETAIL:")


@dataclass(frozen=True)
class Operation:
    """`ids` are the path's parameters, `needed` those of the query that must be there, `declared` the statuses it may
    answer with."""

    name: str
    method: str
    path: str
    ids: tuple[str, ...]
    query: tuple[str, ...]
    needed: tuple[str, ...]
    declared: frozenset[int]
    body: dict[str, Any] | None

    def url(self, ids: dict[str, object], query: str = "") -> str:
        """With what it needs, and with `query` behind that."""
        needed = urlencode({name: ids[name] for name in self.needed})
        asked = "&".join(filter(None, (needed, query)))
        return self.path.format(**ids) + (f"?{asked}" if asked else "")


@cache
def document() -> dict[str, Any]:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    described: dict[str, Any] = json.loads(OpenApiJsonRenderer().render(schema, renderer_context={}))
    return described


@cache
def operations() -> list[Operation]:
    return [
        _operation(path, method, described)
        for path, methods in document()["paths"].items()
        for method, described in methods.items()
    ]


def operation_names() -> list[str]:
    return [operation.name for operation in operations()]


def operation(name: str) -> Operation:
    return next(operation for operation in operations() if operation.name == name)


def _operation(path: str, method: str, described: dict[str, Any]) -> Operation:
    parameters = described.get("parameters", [])
    content = described.get("requestBody", {}).get("content", {})
    body = content["application/json"]["schema"] if content else None
    return Operation(
        name=described["operationId"],
        method=method.upper(),
        path=path,
        ids=tuple(parameter["name"] for parameter in parameters if parameter["in"] == "path"),
        query=tuple(parameter["name"] for parameter in parameters if parameter["in"] == "query"),
        needed=tuple(
            parameter["name"]
            for parameter in parameters
            if parameter["in"] == "query" and parameter.get("required")
        ),
        declared=frozenset(int(status) for status in described["responses"]),
        body=resolved(body) if body else None,
    )


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return found


def assert_matches_schema(value: Any, called: Operation, status: int) -> None:
    """The body is what the document says of this answer: OpenAPI 3.1 schemas are JSON Schema 2020-12."""
    answer = document()["paths"][called.path][called.method.lower()]["responses"][str(status)]
    media_type = "application/json" if status < 400 else MEDIA_TYPE
    schema = {**answer["content"][media_type]["schema"], "components": document()["components"]}
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(value)


def assert_problem(answer: Any, called: Operation, told: str) -> dict[str, Any]:
    """A 4xx that the document declares for the operation, as problem details, in nobody's words but ours."""
    text = answer.content.decode()
    assert 400 <= answer.status_code < 500, f"{told}: {answer.status_code} {text[:300]}"
    assert answer.status_code in called.declared | {405}, f"{told}: {answer.status_code} is not declared"
    body = assert_problem_shape(answer, told)
    if answer.status_code != 405:
        assert_matches_schema(body, called, answer.status_code)
    return body


def assert_problem_shape(answer: Any, told: str) -> dict[str, Any]:
    text = answer.content.decode()
    assert answer.headers["Content-Type"] == MEDIA_TYPE, f"{told}: {answer.headers['Content-Type']}"
    body: dict[str, Any] = json.loads(text)
    assert set(body) - {"errors"} == {"type", "title", "status", "detail", "code"}, told
    assert body["status"] == answer.status_code, told
    assert body["code"] in STABLE_CODES, f"{told}: {body['code']}"
    assert not [word for word in DRIVERS_WORDS if word in text], f"{told}: {text}"
    return body


def send(client: APIClient, called: Operation, url: str, body: bytes = b"", **headers: str) -> Any:
    """The call with these very bytes; `Content-Type` is JSON unless `headers` say otherwise."""
    content_type = headers.pop("content_type", "application/json")
    raw: Any = body  # the stubs know text only
    return client.generic(called.method, url, raw, content_type=content_type, headers=headers)
