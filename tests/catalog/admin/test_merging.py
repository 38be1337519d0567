"""Two titles, or two people, that turned out to be one."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from catalog import services
from catalog.models import Content, Credit, Person
from tests.admin_pages import staff_with, values_of
from tests.catalog.admin.pages import PEOPLE, TITLES, as_stored, page_of, record
from tests.factories import (
    ContentFactory,
    CreditFactory,
    EpisodeFactory,
    ExternalIdFactory,
    PersonFactory,
    WindowFactory,
    indexed,
)


def merge(editor: Client, address: str, loser: Any, survivor: Any) -> Any:
    """Selects two rows, goes where the action leads, and says which one stays."""
    chosen = {"action": "merge", "_selected_action": [str(loser.pk), str(survivor.pk)]}
    page = editor.post(address, chosen)
    assert editor.get(page.headers["Location"]).status_code == 200
    return editor.post(page.headers["Location"], {"survivor": str(survivor.pk)}, follow=True)


def unmerge(editor: Client, address: str) -> Any:
    return editor.post(address, follow=True)


def test_a_title_is_merged_into_another_and_the_merge_undone(editor: Client, api: APIClient) -> None:
    loser = ExternalIdFactory(content__title="Metropolis (1927)", value="tt0017136").content
    survivor = ContentFactory(title="Metropolis")
    indexed(loser, survivor)

    answer = merge(editor, TITLES, loser, survivor)

    assert "“Metropolis (1927)” is part of “Metropolis” now." in answer.content.decode()
    assert as_stored(loser).status == "merged"
    moved = api.get(record(loser))
    assert (moved.status_code, moved.headers["Location"]) == (308, record(survivor))
    assert api.get("/api/v1/lookup/imdb/tt0017136").json()["content_id"] == str(survivor.pk)
    page = editor.get(page_of(loser)).content.decode()
    assert f'was merged into <a href="{page_of(survivor)}">Metropolis</a>' in page

    answer = unmerge(editor, f"{TITLES}{loser.pk}/unmerge/")

    assert "“Metropolis (1927)” is by itself again." in answer.content.decode()
    assert as_stored(loser).status == "published"
    assert api.get(record(loser)).json()["title"] == "Metropolis (1927)"
    assert api.get("/api/v1/lookup/imdb/tt0017136").json()["content_id"] == str(loser.pk)


def test_windows_that_have_no_place_are_named_where_a_title_is_merged(editor: Client) -> None:
    loser, survivor = ContentFactory(title="Metropolis"), ContentFactory(title="Metropolis")
    WindowFactory(content=loser, territory="DE", starts_at="2026-01-01T00:00Z")
    WindowFactory(content=survivor, territory="DE", starts_at="2025-01-01T00:00Z")
    indexed(loser, survivor)

    answer = merge(editor, TITLES, loser, survivor)

    assert (
        "It lacked nothing. Left with the other one: availability window DE svod, 2026-01-01 00:00 – on "
        "is not taken over: it overlaps DE svod, 2025-01-01 00:00 – on." in answer.content.decode()
    )


def test_a_merged_title_is_looked_at_and_not_edited_or_chosen(editor: Client) -> None:
    loser, survivor = ContentFactory(title="Metropolis"), ContentFactory(title="Metropolis")
    indexed(loser, survivor)
    merge(editor, TITLES, loser, survivor)

    page = editor.get(page_of(loser))

    assert "title" not in values_of(page)
    assert editor.post(page_of(loser), {"title": "Mine"}).status_code == 403
    query = {"app_label": "catalog", "model_name": "collectionitem", "field_name": "content"}
    found = editor.get("/admin/autocomplete/", query | {"term": "metropolis"}).json()["results"]
    assert [each["id"] for each in found] == [str(survivor.pk)]
    listed = editor.get(TITLES, {"q": "metropolis"}).context["cl"].result_list
    assert {title.pk for title in listed} == {loser.pk, survivor.pk}


def test_a_person_is_merged_into_another_and_the_merge_undone(editor: Client, api: APIClient) -> None:
    loser, survivor = PersonFactory(name="Brigitte Schittenhelm"), PersonFactory(name="Brigitte Helm")
    credit = CreditFactory(person=loser)
    indexed(credit.content)

    answer = merge(editor, PEOPLE, loser, survivor)

    assert "1 credit moved." in answer.content.decode()
    assert api.get(f"{record(credit.content)}/cast").json()[0]["person_id"] == str(survivor.pk)
    page = editor.get(f"{PEOPLE}{loser.pk}/change/")
    assert f'was merged into <a href="{PEOPLE}{survivor.pk}/change/">' in page.content.decode()
    assert "name" not in values_of(page)
    query = {"app_label": "catalog", "model_name": "credit", "field_name": "person", "term": "brigitte"}
    found = editor.get("/admin/autocomplete/", query).json()["results"]
    assert [each["id"] for each in found] == [str(survivor.pk)]

    unmerge(editor, f"{PEOPLE}{loser.pk}/unmerge/")

    assert Person.objects.get(pk=loser.pk).merged_into_id is None
    assert Credit.objects.get().person_id == loser.pk


def test_saving_a_person_who_is_merged_meanwhile_is_a_message(
    editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, survivor = PersonFactory(name="Brigitte Schittenhelm"), PersonFactory()
    saved = services.person_save

    def merged_before(*, person: Person) -> Person:
        Person.objects.filter(pk=person.pk).update(merged_into=survivor)
        return saved(person=person)

    monkeypatch.setattr(services, "person_save", merged_before)
    address = f"{PEOPLE}{person.pk}/change/"
    answer = editor.post(address, values_of(editor.get(address)) | {"name": "Mine"}, follow=True)

    assert "Nothing was saved. “Mine (Actor)” (" in answer.content.decode()
    assert Person.objects.get(pk=person.pk).name == "Brigitte Schittenhelm"


@pytest.mark.parametrize("selected", [1, 3])
def test_two_are_merged_not_more_or_fewer(editor: Client, selected: int) -> None:
    keys = [str(content.pk) for content in ContentFactory.create_batch(selected)]
    page = editor.post(TITLES, {"action": "merge", "_selected_action": keys}, follow=True)
    assert "Select two: one becomes part of the other." in page.content.decode()


@pytest.mark.parametrize("rows", ["", "foo,bar", "%00", "00000000-0000-0000-0000-000000000001"])
def test_an_address_that_names_no_two_rows_leads_to_the_list(editor: Client, rows: str) -> None:
    page = editor.get(f"{TITLES}merge/?rows={rows}", follow=True)
    assert "Those are not two rows that are there." in page.content.decode()


def test_a_merge_that_is_refused_is_a_message(editor: Client) -> None:
    loser, survivor, third = ContentFactory.create_batch(3)
    indexed(loser, survivor, third)
    merge(editor, TITLES, loser, survivor)

    answer = editor.post(
        f"{TITLES}merge/?rows={loser.pk},{third.pk}", {"survivor": str(third.pk)}, follow=True
    )

    assert "Nothing was merged." in answer.content.decode()
    assert "Nothing was undone." in unmerge(editor, f"{TITLES}{third.pk}/unmerge/").content.decode()


def test_what_a_page_says_of_two_types_before_they_are_merged(editor: Client) -> None:
    movie, series = ContentFactory(title="Film"), ContentFactory(title="Show", content_type="series")
    other = ContentFactory(title="Film")
    EpisodeFactory.create_batch(2, content=series)
    indexed(movie, series, other)
    alike = editor.get(f"{TITLES}merge/?rows={movie.pk},{other.pk}").content.decode()
    assert "confirmed" not in alike
    assert "disabled" not in alike
    address = f"{TITLES}merge/?rows={movie.pk},{series.pk}"

    page = editor.get(address).content.decode()

    assert "“Film” is a movie, “Show” is a series." in page
    assert '<input type="checkbox" name="confirmed" value="yes" required>' in page
    radio = '<input type="radio" name="survivor" value="{}" {}>'
    assert radio.format(movie.pk, "disabled") in page
    assert radio.format(series.pk, "required") in page
    assert "“Show” has 2 episodes, for which a movie has no place" in page

    forced = editor.post(address, {"survivor": str(movie.pk), "confirmed": "yes"}, follow=True)
    assert "Nothing was merged. “Show” has 2 episodes" in forced.content.decode()
    hasty = editor.post(address, {"survivor": str(series.pk)}, follow=True)
    assert "Nothing was merged. “Film” is a movie, “Show” is a series" in hasty.content.decode()
    assert (as_stored(movie).status, as_stored(series).status) == ("published", "published")
    assert radio.format(series.pk, "required checked") in hasty.content.decode()
    done = editor.post(address, {"survivor": str(series.pk), "confirmed": "yes"}, follow=True)
    assert "“Film” is part of “Show” now." in done.content.decode()
    assert (as_stored(movie).status, as_stored(series).status) == ("merged", "published")


@pytest.mark.parametrize("of", [TITLES, PEOPLE])
def test_a_merge_that_is_refused_keeps_the_two_and_what_was_said_of_them(editor: Client, of: str) -> None:
    """Keeps away: an editor who is to look for both again, for a tick that was forgotten."""
    if of == TITLES:
        rows: list[Any] = [ContentFactory(title="Show", content_type="series"), ContentFactory(title="Film")]
        indexed(*rows)
        Content.objects.filter(pk=rows[1].pk).update(status="merged")
    else:
        rows = PersonFactory.create_batch(2)
        Person.objects.filter(pk=rows[1].pk).update(merged_into=PersonFactory())
    address = f"{of}merge/?rows={rows[0].pk},{rows[1].pk}"
    chosen = f'<input type="radio" name="survivor" value="{rows[0].pk}" required checked>'

    unsaid = editor.post(address, {}).content.decode()
    refused = editor.post(address, {"survivor": str(rows[0].pk), "confirmed": "yes"})

    assert "Nothing was merged. Say which one stays." in unsaid
    assert "checked" not in unsaid
    page = refused.content.decode()
    assert (refused.status_code, refused.request["QUERY_STRING"]) == (200, address.partition("?")[2])
    assert '<p class="errornote" role="alert">Nothing was merged. ' in page
    assert "is merged already" in page
    assert chosen in page
    assert ('name="confirmed" value="yes" required checked>' in page) is (of == TITLES)


def test_only_who_may_change_titles_merges_them(stores: None) -> None:
    reader = staff_with("view_content")
    loser, survivor = ContentFactory.create_batch(2)
    address = f"{TITLES}merge/?rows={loser.pk},{survivor.pk}"
    assert reader.get(address).status_code == 403
    assert reader.post(address, {"survivor": str(survivor.pk)}).status_code == 403
    assert reader.post(f"{TITLES}{loser.pk}/unmerge/").status_code == 403
    assert Content.objects.filter(status="merged").count() == 0
