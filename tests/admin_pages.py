"""The admin as a browser has it: a logged-in client, the values of a page's form, the cost of a page."""

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

from django.contrib.auth.models import Permission
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from analytics.models import User
from tests.factories import UserFactory

Values = dict[str, Any]


def superuser() -> Client:
    return client_of(UserFactory(username="root", is_staff=True, is_superuser=True))


def staff_with(*codenames: str) -> Client:
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return client_of(user)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def values_of(response: Any) -> Values:
    """What the page's main form would send if nobody touched it."""
    parser = _Form()
    parser.feed(response.content.decode())
    return parser.values


def queries_of(call: Callable[[], object]) -> int:
    """Queries that `call` makes in all databases."""
    with CaptureQueriesContext(connections["default"]) as people:
        with CaptureQueriesContext(connections["catalog"]) as catalog:
            call()
    return len(people) + len(catalog)


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.values: Values = {}
        self._inside = False
        self._select = ""
        self._textarea = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        name = given.get("name") or ""
        if tag == "form":
            self._inside = (given.get("id") or "").endswith("_form") and given["id"] != "logout-form"
        if not self._inside:
            return
        if tag == "select":
            self._select = name
            self.values.setdefault(name, [] if "multiple" in given else "")
        elif tag == "option" and "selected" in given:
            chosen = self.values[self._select]
            value = given.get("value") or ""
            self.values[self._select] = [*chosen, value] if isinstance(chosen, list) else value
        elif tag == "textarea":
            self._textarea = name
            self.values[name] = ""
        elif tag == "input" and name and _sends(given):
            self.values[name] = given.get("value") or ("on" if given.get("type") == "checkbox" else "")

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.values[self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.values[self._textarea] = self.values[self._textarea].removeprefix("\n").removeprefix("\r\n")
            self._textarea = ""
        elif tag == "form":
            self._inside = False


def _sends(given: dict[str, str | None]) -> bool:
    kind = given.get("type")
    return kind not in {"submit", "file"} and (kind not in {"checkbox", "radio"} or "checked" in given)
