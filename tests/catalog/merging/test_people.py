"""Merging people: their credits in batches, their address, and that undoing gives them back."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from catalog.merging import CannotMerge, people, people_merge, person_unmerge
from catalog.models import Content, Credit, Person, PersonMerge
from catalog.services import children_save, content_delete, contents_touch
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.writing import mixed_transaction
from tests.factories import ContentFactory, CreditFactory, PersonFactory

pytestmark = pytest.mark.usefixtures("stores")


def pair() -> tuple[Person, Person]:
    """One person twice: five credits of one, and the other on one of the same titles in the same part."""
    loser = PersonFactory(name="Brigitte Schittenhelm", role="", biography="Born in Berlin.")
    survivor = PersonFactory(name="Brigitte Helm", role="Actor", biography="")
    for number in range(5):
        CreditFactory(
            content=ContentFactory(title=f"Title {number}"), person=loser, character_name=f"Part {number}"
        )
    same = Credit.objects.get(person=loser, character_name="Part 0")
    CreditFactory(content=same.content, person=survivor, character_name="Part 0", credited_as="B. Helm")
    CreditFactory(content=same.content, person=loser, job="Writer", credited_as="B. S.")
    contents_touch(Content.objects.values_list("content_id", flat=True))
    return loser, survivor


def everything() -> dict[str, Any]:
    return {
        "credits": sorted(Credit.objects.values_list()),
        "people": sorted(Person.objects.values_list()),
        "documents": sorted(
            Content.objects.values_list(
                "content_id", "search_document__person_ids", "search_document__people"
            )
        ),
    }


def merge(loser: Person, survivor: Person) -> int:
    return people_merge(loser_id=loser.person_id, survivor_id=survivor.person_id)


@pytest.mark.parametrize("at_once", [1, 2, 500])
def test_credits_follow_in_batches_of_any_size_and_come_back_as_they_were(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(people, "AT_ONCE", at_once)
    loser, survivor = pair()
    before = everything()

    assert merge(loser, survivor) == 6

    assert not Credit.objects.filter(person=loser).exists()
    printed = Credit.objects.filter(person=survivor).order_by("character_name", "job")
    assert list(printed.values_list("character_name", "job", "credited_as")) == [
        ("Herself", "Writer", "B. S."),
        ("Part 0", "Actor", "B. Helm"),
        *((f"Part {number}", "Actor", "Brigitte Schittenhelm") for number in range(1, 5)),
    ]
    survivor = Person.objects.get(person_id=survivor.person_id)
    assert (survivor.biography, Person.objects.get(person_id=loser.person_id).merged_into_id) == (
        "Born in Berlin.",
        survivor.person_id,
    )
    for content in Content.objects.all():
        assert content.search_document.person_ids == [survivor.person_id]
    assert "brigitte schittenhelm" in Content.objects.get(title="Title 1").search_document.people

    assert person_unmerge(person_id=loser.person_id) == []
    assert everything() == before
    assert not PersonMerge.objects.exists()


def test_a_merge_and_an_undoing_that_were_cut_off_are_finished_by_asking_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(people, "AT_ONCE", 2)
    loser, survivor = pair()
    before = everything()
    whole: dict[str, Any] = {name: getattr(people, name) for name in ("_repoint", "_return")}

    def cut_off_after(name: str, batches: int) -> None:
        left = iter(range(batches))

        def once(*arguments: Any) -> Any:
            next(left)  # StopIteration: the process is gone
            return whole[name](*arguments)

        monkeypatch.setattr(people, name, once)

    cut_off_after("_repoint", 1)
    with pytest.raises(StopIteration):
        merge(loser, survivor)
    assert Credit.objects.filter(person=loser).count() == 4
    monkeypatch.setattr(people, "_repoint", whole["_repoint"])
    assert merge(loser, survivor) == 4

    cut_off_after("_return", 1)
    with pytest.raises(StopIteration):
        person_unmerge(person_id=loser.person_id)
    monkeypatch.setattr(people, "_return", whole["_return"])
    assert person_unmerge(person_id=loser.person_id) == []
    assert everything() == before


def test_what_an_editor_changed_since_stays_and_is_counted() -> None:
    loser, survivor = pair()
    merge(loser, survivor)
    gone = Credit.objects.get(person=survivor, character_name="Part 1")
    children_save(content=gone.content, saved=[], deleted=[gone])
    other = Credit.objects.get(person=survivor, character_name="Part 2")
    other.person = PersonFactory()
    children_save(content=other.content, saved=[other], deleted=[])
    content_delete(content=Content.objects.get(title="Title 0"))
    Person.objects.filter(person_id=survivor.person_id).update(biography="Written since.")

    kept = person_unmerge(person_id=loser.person_id)

    assert kept == ["4 credits were changed or deleted since", "biography was changed since"]
    assert sorted(Credit.objects.filter(person=loser).values_list("character_name", flat=True)) == [
        "Part 3",
        "Part 4",
    ]
    assert Person.objects.get(person_id=survivor.person_id).biography == "Written since."


def test_a_name_is_printed_only_where_it_is_another() -> None:
    loser, survivor = PersonFactory.create_batch(2, name="Brigitte Helm")
    plain, other = CreditFactory(person=loser), CreditFactory(person=loser, credited_as="B. Helm")

    merge(loser, survivor)

    assert printed_on(plain) == (survivor.pk, "")
    assert printed_on(other) == (survivor.pk, "B. Helm")
    assert person_unmerge(person_id=loser.person_id) == []
    assert printed_on(plain) == (loser.pk, "")


def printed_on(credit: Credit) -> Any:
    return Credit.objects.values_list("person_id", "credited_as").get(pk=credit.pk)


def test_what_makes_no_sense_is_refused() -> None:
    first, second, third = PersonFactory.create_batch(3)
    merge(first, second)

    for loser, survivor, told in (
        (third.person_id, third.person_id, "cannot be merged into themselves"),
        (uuid4(), third.person_id, "There is no person "),
        (third.person_id, uuid4(), "There is no person "),
        (third.person_id, first.person_id, "is merged already"),
        (first.person_id, third.person_id, "is merged already"),
    ):
        with pytest.raises(CannotMerge, match=told):
            people_merge(loser_id=loser, survivor_id=survivor)
    with pytest.raises(CannotMerge, match="was merged into another one"):
        person_unmerge(person_id=third.person_id)
    merge(second, third)
    with pytest.raises(CannotMerge, match="undo that merge first"):
        person_unmerge(person_id=first.person_id)
    assert person_unmerge(person_id=second.person_id) == []
    assert person_unmerge(person_id=first.person_id) == []
    assert not Person.objects.exclude(merged_into=None).exists()


def test_a_merged_person_s_address_leads_to_who_they_are(api: APIClient) -> None:
    loser, survivor = pair()
    third = PersonFactory(name="B. Helm")
    assert api.get(f"/api/v1/people/{loser.person_id}").status_code == 200
    merge(loser, survivor)

    answer = api.get(f"/api/v1/people/{loser.person_id}?limit=3")
    assert (answer.status_code, answer.content) == (308, b"")
    assert answer.headers["Location"] == f"/api/v1/people/{survivor.person_id}?limit=3"
    there = api.get(answer.headers["Location"]).json()
    assert there["name"] == "Brigitte Helm"

    merge(survivor, third)
    for each in (loser, survivor):
        answer = api.get(f"/api/v1/people/{each.person_id}")
        assert answer.headers["Location"] == f"/api/v1/people/{third.person_id}"
    Content.objects.update(status="draft")
    assert api.get(f"/api/v1/people/{loser.person_id}").status_code == 404


def test_a_hundred_credits_cost_the_statements_of_one() -> None:
    """In a batch: the titles' documents are written together."""
    costs = []
    for many in (1, 100):
        loser, survivor = PersonFactory.create_batch(2)
        titles = Content.objects.bulk_create(ContentFactory.build_batch(many))
        Credit.objects.bulk_create([CreditFactory.build(content=title, person=loser) for title in titles])
        contents_touch([title.content_id for title in titles])
        with CaptureQueriesContext(connections[CATALOG]) as queries, mixed_transaction(CATALOG):
            assert merge(loser, survivor) == many
        costs.append(len(queries))

    assert costs[0] == costs[1]
