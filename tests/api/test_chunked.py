"""Bodies without a length, as the web server hands them to the application."""

import json
from io import BytesIO
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory

from streaming.api.chunked import with_length


def post(body: bytes) -> tuple[str, Any]:
    environ = RequestFactory().post("/api/v1/auth/register", content_type="application/json").environ
    environ.pop("CONTENT_LENGTH", None)
    environ |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": BytesIO(body)}
    statuses: list[str] = []

    def start_response(status: str, *_: Any) -> Any:
        statuses.append(status)

    answer = b"".join(with_length(get_wsgi_application())(environ, start_response))
    return statuses[0], json.loads(answer)


def test_a_body_without_a_length_is_read(stores: None) -> None:
    body = {"username": "ada", "email": "ada@example.org", "password": "correct-horse-battery"}

    status, answer = post(json.dumps(body).encode())

    assert (status, answer["username"]) == ("201 Created", "ada")


@pytest.mark.parametrize("size", [65_537, 10_000_000])
def test_a_body_without_a_length_has_the_same_limit(stores: None, size: int) -> None:
    status, answer = post(b'"' + b"a" * (size - 2) + b'"')

    assert (status.split()[0], answer["code"]) == ("413", "body_too_large")
