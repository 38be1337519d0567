"""What an editor does on the catalog's pages, as the tests say it."""

from collections.abc import Sequence
from typing import Any

from django.test import Client

from catalog.models import Content, Person
from tests.admin_pages import values_of

TITLES = "/admin/catalog/content/"
PEOPLE = "/admin/catalog/person/"
GENRES = "/admin/catalog/genre/"


def page_of(content: Content, section: str = "change") -> str:
    """One of a title's pages: `change` is the first, the others have the names of `catalog.admin.sections`."""
    return f"{TITLES}{content.content_id}/{section}/"


def record(content: Content) -> str:
    return f"/api/v1/content/{content.content_id}"


def rows(prefix: str, *added: dict[str, Any], first: int = 0) -> dict[str, Any]:
    """What the form of a title's page sends for rows that were added after `first` others."""
    numbered = {
        f"{prefix}-{first + place}-{name}": value
        for place, row in enumerate(added)
        for name, value in row.items()
    }
    return {f"{prefix}-TOTAL_FORMS": str(first + len(added)), **numbered}


def credit(person: Person, **fields: Any) -> dict[str, Any]:
    return {"person": str(person.person_id), "job": "Actor", **fields}


def save(editor: Client, address: str, changes: dict[str, Any]) -> Any:
    """Opens the page, types `changes` into its form and saves."""
    return editor.post(address, values_of(editor.get(address)) | changes)


def saved_or_errors(response: Any) -> Any:
    return "saved" if response.status_code == 302 else response.context["errors"]


def row_errors(response: Any, prefix: str) -> Sequence[dict[str, list[str]]]:
    """The errors of each row of a table that was refused."""
    formsets = {each.formset.prefix: each.formset for each in response.context["inline_admin_formsets"]}
    return [
        {name: list(messages) for name, messages in form.errors.items()} for form in formsets[prefix].forms
    ]


def as_stored(content: Content) -> Content:
    return Content.objects.get(content_id=content.content_id)
