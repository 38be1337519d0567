"""The pages of people."""

from django.test import Client
from rest_framework.test import APIClient

from catalog.models import Person
from tests.admin_pages import queries_of
from tests.catalog.admin.pages import PEOPLE, page_of, record, save, saved_or_errors
from tests.factories import CreditFactory, PersonFactory


def test_renaming_a_person_changes_the_cast_of_cached_titles(editor: Client, api: APIClient) -> None:
    credit = CreditFactory(person__name="Brigitte Schittenhelm")
    api.get(record(credit.content))

    response = save(editor, f"{PEOPLE}{credit.person_id}/change/", {"name": "Brigitte Helm"})

    assert saved_or_errors(response) == "saved"
    assert api.get(f"{record(credit.content)}/cast").json()[0]["person_name"] == "Brigitte Helm"


def test_a_credited_person_is_not_deleted_and_the_page_says_where(editor: Client) -> None:
    credit = CreditFactory(content__title="Metropolis", character_name="Maria")

    answers = [
        editor.post(f"{PEOPLE}{credit.person_id}/delete/", {"post": "yes"}),
        editor.post(
            PEOPLE, {"action": "delete_selected", "post": "yes", "_selected_action": [str(credit.person_id)]}
        ),
    ]

    for answer in answers:
        page = answer.content.decode()
        assert "would require deleting the following protected" in page
        assert f'<a href="{page_of(credit.content)}">Metropolis</a> (2019): Actor as Maria' in page
    assert Person.objects.filter(person_id=credit.person_id).exists()


def test_a_person_without_credits_is_deleted(editor: Client) -> None:
    person = PersonFactory()
    assert editor.post(f"{PEOPLE}{person.person_id}/delete/", {"post": "yes"}).status_code == 302
    assert not Person.objects.exists()


def test_a_persons_page_lists_their_credits_with_links(editor: Client) -> None:
    credit = CreditFactory(content__title="Metropolis", job="Director", character_name="")

    page = editor.get(f"{PEOPLE}{credit.person_id}/change/").content.decode()

    assert (
        f'1 credit.<ul><li><a href="{page_of(credit.content)}">Metropolis</a> (2019): Director</li></ul>'
        in page
    )


def test_a_persons_page_costs_the_same_with_1_and_50_credits(editor: Client) -> None:
    person = PersonFactory()
    address = f"{PEOPLE}{person.person_id}/change/"
    CreditFactory(person=person)
    one = queries_of(lambda: editor.get(address))
    CreditFactory.create_batch(49, person=person)
    assert queries_of(lambda: editor.get(address)) == one
