"""The pages of people."""

from datetime import date

import pytest
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import connections, transaction
from django.test import Client
from rest_framework.test import APIClient

from catalog.admin.finding import LastUnfinished
from catalog.models import Person
from streaming.stores.aliases import CATALOG
from tests.admin_pages import queries_of
from tests.catalog.admin.pages import PEOPLE, page_of, record, save, saved_or_errors
from tests.factories import CreditFactory, PersonFactory, indexed


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


def found(editor: Client, term: str) -> list[str]:
    answer = editor.get(
        "/admin/autocomplete/",
        {"app_label": "catalog", "model_name": "credit", "field_name": "person", "term": term},
    )
    return [result["text"].split(" (")[0] for result in answer.json()["results"]]


@pytest.mark.parametrize(
    ("term", "names"),
    [
        ("brigitte", ["Brigitte Helm"]),
        ("helm", ["Brigitte Helm"]),
        ("hel brig", []),
        ("helm brig", ["Brigitte Helm"]),
        ("BRIGITTE HE", ["Brigitte Helm"]),
        ("fröhlich", ["Gustav Fröhlich"]),
        ("o'bri", ["Edmond O'Brien"]),
        ("jean-l", ["Jean-Luc Godard"]),
        ("黒澤", ["黒澤 明"]),
        ("!helm & :*", ["Brigitte Helm"]),
        ("'", []),
        ("nobody", []),
    ],
)
def test_people_are_found_by_words_of_their_names(editor: Client, term: str, names: list[str]) -> None:
    for name in ("Brigitte Helm", "Gustav Fröhlich", "Edmond O'Brien", "Jean-Luc Godard", "黒澤 明"):
        PersonFactory(name=name)
    assert found(editor, term) == names


def test_people_of_the_best_known_titles_come_first_and_accents_do_not_matter_there(editor: Client) -> None:
    for name, votes in (("Gustav Fröhlich", 10), ("Pea Fröhlich", 1_000_000)):
        indexed(CreditFactory(person__name=name, content__rating_count=votes).content)
    PersonFactory(name="Alwin Frohlich")
    assert found(editor, "frohl") == ["Pea Fröhlich", "Gustav Fröhlich", "Alwin Frohlich"]


def test_people_are_found_through_the_index_of_words(stores: None) -> None:
    """However few rows there are: what a million cost is decided by whether the index can answer at all."""
    with transaction.atomic(using=CATALOG), connections[CATALOG].cursor() as cursor:
        cursor.execute("SET LOCAL citus.propagate_set_commands = 'local'; SET LOCAL enable_seqscan = off")
        named = Person.objects.order_by().annotate(words=SearchVector("name", config="simple"))
        for query in (SearchQuery("helm", config="simple"), LastUnfinished("helm")):
            assert "cast_crew_words" in named.filter(words=query).explain()


def test_the_list_of_people_is_found_and_costs_the_same_with_1_and_50_rows(editor: Client) -> None:
    PersonFactory(name="Brigitte Helm")
    PersonFactory(name="Fritz Lang")

    def shown(query: dict[str, str]) -> list[str]:
        return [person.name for person in editor.get(PEOPLE, query).context["cl"].result_list]

    assert shown({"q": "helm"}) == ["Brigitte Helm"]
    one = queries_of(lambda: editor.get(PEOPLE, {"q": "helm"}))
    PersonFactory.create_batch(49, name="Helm")
    assert queries_of(lambda: editor.get(PEOPLE, {"q": "helm"})) == one
    assert len(shown({"q": "helm"})) == 50


def test_when_somebody_died_is_kept(editor: Client) -> None:
    person = PersonFactory()
    address = f"{PEOPLE}{person.person_id}/change/"
    response = save(editor, address, {"date_of_birth": "1906-03-17", "date_of_death": "1996-06-11"})
    assert saved_or_errors(response) == "saved"
    assert Person.objects.get().date_of_death == date(1996, 6, 11)
