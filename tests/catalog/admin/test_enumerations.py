"""Inputs that take several values: what is wrong is said of the value, not of its number."""

import pytest
from django.test import Client

from catalog.models import MaturityRating
from tests.catalog.admin.pages import as_stored, page_of, row_errors, rows, save, saved_or_errors
from tests.factories import ContentFactory

NO_COUNTRY = "This is no country: ISO 3166 codes of two capital letters, as in DE."


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("DE, Atlantis", [f"“Atlantis”: {NO_COUNTRY}"]),
        ("Atlantis,FR,100%s", [f"“Atlantis”: {NO_COUNTRY}", f"“100%s”: {NO_COUNTRY}"]),
        ("x" * 100, [f"“{'x' * 59}…”: {NO_COUNTRY}"]),
    ],
)
def test_a_wrong_country_is_named(editor: Client, typed: str, told: list[str]) -> None:
    response = save(editor, page_of(ContentFactory()), {"countries": typed})
    assert [str(error) for error in response.context["adminform"].form.errors["countries"]] == told
    assert "in the array" not in response.content.decode()


@pytest.mark.parametrize("typed", ["DE,FR", " de , France ,", ",DE,,FR"])
def test_countries_are_spelled_as_codes_and_blanks_forgiven(editor: Client, typed: str) -> None:
    content = ContentFactory()
    assert saved_or_errors(save(editor, page_of(content), {"countries": typed})) == "saved"
    assert as_stored(content).countries == ["DE", "FR"]


def test_a_descriptor_that_is_too_long_is_named(editor: Client) -> None:
    typed = {"system": "MPA", "country": "US", "value": "PG", "descriptors": "violence, " + "y" * 101}
    content = ContentFactory()

    response = save(editor, page_of(content, "rights"), rows("maturity_ratings", typed))

    assert row_errors(response, "maturity_ratings") == [
        {"descriptors": [f"“{'y' * 59}…”: Ensure this value has at most 100 characters (it has 101)."]}
    ]


def test_descriptors_are_stored_one_by_one(editor: Client) -> None:
    typed = {"system": "MPA", "country": "US", "value": "PG", "descriptors": "violence, strong language"}
    content = ContentFactory()
    assert (
        saved_or_errors(save(editor, page_of(content, "rights"), rows("maturity_ratings", typed))) == "saved"
    )
    assert MaturityRating.objects.get(content=content).descriptors == ["violence", "strong language"]
