"""Following a list's pages as a client does."""

import re
from collections.abc import Callable
from typing import Any

from rest_framework.test import APIClient


def walk(client: APIClient, url: str, *, between: Callable[[], object] = lambda: None) -> list[Any]:
    """Every row of a list from its first page to its last; `between` runs after each page."""
    rows: list[Any] = []
    following: str | None = url
    while following:
        answer = client.get(following)
        assert answer.status_code == 200, answer.content
        rows += answer.json()
        following = next_of(answer)
        between()
    return rows


def next_of(answer: Any) -> str | None:
    """The address of the next page; None on the last one."""
    link = answer.headers.get("Link")
    if link is None:
        return None
    found = re.fullmatch(r'<http://testserver(/[^>]+)>; rel="next"', link)
    assert found, link
    return found[1]
