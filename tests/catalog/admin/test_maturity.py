"""The pages of levels of maturity."""

from django.test import Client
from rest_framework.test import APIClient

from catalog.models import MaturityLevel
from tests.admin_pages import staff_with, values_of
from tests.catalog.admin.pages import record, save, saved_or_errors
from tests.factories import ContentFactory, MaturityRatingFactory, indexed

LEVELS = "/admin/catalog/maturitylevel/"
UNMAPPED = f"{LEVELS}unmapped/"


def test_a_level_that_is_added_corrected_and_deleted_counts_at_once(editor: Client, api: APIClient) -> None:
    content = ContentFactory()
    MaturityRatingFactory(content=content, system="MOON", country="", value="full")
    indexed(content)

    def shown_to_12() -> int:
        return api.get(record(content), {"maturity_lte": 12}).status_code

    assert shown_to_12() == 404
    typed = {"system": "moon", "value": "full", "minimum_age": "12", "edition": "1"}
    assert saved_or_errors(save(editor, f"{LEVELS}add/", typed)) == "saved"
    assert shown_to_12() == 200
    level = MaturityLevel.objects.get(system="MOON")
    assert level.value == "FULL"
    save(editor, f"{LEVELS}{level.pk}/change/", {"minimum_age": "16"})
    assert shown_to_12() == 404
    save(editor, f"{LEVELS}{level.pk}/change/", {"minimum_age": "6"})
    assert shown_to_12() == 200
    assert editor.post(f"{LEVELS}{level.pk}/delete/", {"post": "yes"}).status_code == 302
    assert shown_to_12() == 404


def test_a_value_that_an_edition_has_already_is_an_error(editor: Client) -> None:
    typed = {"system": " fsk ", "value": "12", "minimum_age": "12", "edition": "1"}
    response = save(editor, f"{LEVELS}add/", typed)
    assert response.status_code == 200
    assert MaturityLevel.objects.filter(system="FSK", value="12").count() == 1


def test_the_report_names_what_no_level_maps_and_leads_to_its_level(editor: Client) -> None:
    hidden, unrated = ContentFactory(), ContentFactory()
    MaturityRatingFactory(content=hidden, system="MOON", country="", value="full")
    indexed(hidden, unrated)

    page = editor.get(UNMAPPED).content.decode()

    assert "<td>MOON</td><td>FULL</td><td>1</td>" in page
    assert "1 public title has no rating at all" in page
    address = f"{LEVELS}add/?system=MOON&amp;value=FULL"
    assert f'<a href="{address}">Add a level</a>' in page
    filled = values_of(editor.get(address.replace("&amp;", "&")))
    assert (filled["system"], filled["value"]) == ("MOON", "FULL")


def test_the_index_leads_to_the_report_for_those_who_may_see_levels(stores: None) -> None:
    assert UNMAPPED in staff_with("view_maturitylevel").get("/admin/").content.decode()
    assert UNMAPPED not in staff_with("view_content").get("/admin/").content.decode()
    assert staff_with("view_content").get(UNMAPPED).status_code == 403
    assert "Add a level" not in staff_with("view_maturitylevel").get(UNMAPPED).content.decode()
