"""A title's credits."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from catalog import locking
from catalog.models import Content, Credit
from catalog.services import children_save
from streaming.stores.aliases import CATALOG
from tests.catalog.admin.pages import TITLES, credit, page_of, record, row_errors, rows, save, saved_or_errors
from tests.factories import ContentFactory, CreditFactory, PersonFactory, indexed


def test_a_new_credit_has_no_job_until_one_is_typed(editor: Client) -> None:
    """Keeps away: every writer whose job was left alone, an actor."""
    content, person = ContentFactory(), PersonFactory()
    page = page_of(content, "credits")
    empty = editor.get(page).context["inline_admin_formsets"][0].formset.empty_form

    assert empty["job"].value() is None
    assert saved_or_errors(save(editor, page, rows("credits", {"person": str(person.person_id)}))) == [
        ["This field is required."]
    ]
    assert saved_or_errors(save(editor, page, rows("credits", {"department": "", "job": ""}))) == "saved"
    assert not Credit.objects.exists()


def test_credits_are_changed_deleted_and_added_in_one_save(editor: Client, api: APIClient) -> None:
    content = ContentFactory()
    kept, gone = (
        CreditFactory(content=content, billing_order=order, character_name=name)
        for order, name in ((1, "Maria"), (2, "Rotwang"))
    )
    newcomer = PersonFactory(name="Gustav Fröhlich")
    assert [row["character_name"] for row in api.get(f"{record(content)}/cast").json()] == [
        "Maria",
        "Rotwang",
    ]

    response = save(
        editor,
        page_of(content, "credits"),
        {
            "credits-0-character_name": "The robot",
            "credits-1-DELETE": "on",
            **rows("credits", credit(newcomer, character_name="Freder"), first=2),
        },
    )

    assert saved_or_errors(response) == "saved"
    cast = api.get(f"{record(content)}/cast").json()
    assert [(row["character_name"], row["billing_order"]) for row in cast] == [
        ("The robot", 1),
        ("Freder", 2),
    ]
    assert cast[0]["person_id"] == str(kept.person_id)
    assert not Credit.objects.filter(id=gone.id).exists()


def test_the_people_of_credits_are_held_before_their_title(editor: Client) -> None:
    """Keeps away: an editor who has the title and waits for a person, while who merges them waits for the title."""
    credit = CreditFactory()
    indexed(credit.content)
    with CaptureQueriesContext(connections[CATALOG]) as asked:
        response = save(editor, page_of(credit.content, "credits"), {"credits-0-character_name": "The robot"})
    assert saved_or_errors(response) == "saved"
    held = [sql["sql"].split("(")[1].split(",")[0] for sql in asked if "pg_advisory_xact_lock" in sql["sql"]]
    assert list(dict.fromkeys(held))[:2] == [str(locking.PEOPLE), str(locking.TITLES)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"person": "nobody"}, "person"),
        ({"person": str(uuid4())}, "person"),
        ({"person": "a\x00b"}, "person"),
        ({"person": ""}, "person"),
        ({"character_name": "a\x00b"}, "character_name"),
        ({"billing_order": "-1"}, "billing_order"),
        ({"billing_order": "9" * 20}, "billing_order"),
        ({"job": ""}, "job"),
        ({"id": str(uuid4())}, "id"),
    ],
)
def test_a_wrong_credit_is_an_error_at_its_field(editor: Client, changes: dict[str, Any], field: str) -> None:
    content = ContentFactory()
    CreditFactory(content=content)
    prefixed = {f"credits-0-{name}": value for name, value in changes.items()}

    response = save(editor, page_of(content, "credits"), prefixed)

    assert response.status_code == 200
    assert [list(errors) for errors in row_errors(response, "credits")] == [[field]]


def test_a_person_chosen_on_a_refused_form_is_still_named_there(editor: Client) -> None:
    person = PersonFactory(name="Brigitte Helm")
    response = save(editor, f"{TITLES}add/", {"title": "", **rows("credits", credit(person))})
    assert (
        f'<option value="{person.person_id}" selected>Brigitte Helm (Actor)</option>'
        in response.content.decode()
    )


def test_a_credit_saved_under_another_title_is_refused(stores: None) -> None:
    """Django would insert it there with the id it has here."""
    moved, other = CreditFactory(), ContentFactory()
    moved.content = other
    with pytest.raises(DatabaseError, match="is not a row of title"):
        moved.save()
    with pytest.raises(ValueError, match="does not belong to title"):
        children_save(content=Content.objects.exclude(pk=other.pk).get(), saved=[moved], deleted=[])
    assert Credit.objects.filter(content=other).count() == 0


def test_ids_of_new_credits_are_ours(editor: Client) -> None:
    """A hidden id on an added row must not choose the key of what is inserted."""
    content, person = ContentFactory(), PersonFactory()
    chosen = UUID(int=1)
    save(
        editor,
        page_of(content, "credits"),
        {**rows("credits", credit(person)), "credits-0-id": str(chosen)},
    )
    assert not Credit.objects.filter(id=chosen).exists()


def test_autocomplete_tells_people_of_one_name_apart(editor: Client) -> None:
    for role, born in (("Actor", "1906-03-17"), ("Director", None)):
        PersonFactory(name="Brigitte Helm", role=role, date_of_birth=born)
    PersonFactory(name="Fritz Lang")

    answer = editor.get(
        "/admin/autocomplete/",
        {"app_label": "catalog", "model_name": "credit", "field_name": "person", "term": "brigitte"},
    ).json()

    assert sorted(result["text"] for result in answer["results"]) == [
        "Brigitte Helm (Actor, born 1906)",
        "Brigitte Helm (Director)",
    ]
