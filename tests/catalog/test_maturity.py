"""Levels of maturity: the values that come with the catalog, what saving one does, and what no level maps."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import IntegrityError
from rest_framework.test import APIClient

from catalog import maturity
from catalog.maturity import ages_by_label, label_of, labels_within
from catalog.models import Content, MaturityLevel
from catalog.selectors.maturity import UnmappedValue, unmapped_maturity, unrated_titles
from catalog.services import level_save, levels_delete
from streaming.stores.aliases import CATALOG
from tests.factories import ContentFactory, MaturityRatingFactory, indexed

LEVELS = Path(maturity.__file__).with_name("maturity_levels.csv")


def rated(*ratings: tuple[str, str], **fields: object) -> Content:
    title: Content = ContentFactory(**fields)
    for number, (system, value) in enumerate(ratings):
        country = ("DE", "US", "FR")[number]
        MaturityRatingFactory(content=title, system=system, value=value, country=country)
    indexed(title)
    return title


@pytest.fixture
def level(stores: None) -> Iterator[MaturityLevel]:
    """Of a system that no country has; gone after the test."""
    made = level_save(level=MaturityLevel(system=" nobody's ", value=" teen ", minimum_age=13))
    yield made
    levels_delete(
        ids=MaturityLevel.objects.using(CATALOG).filter(system="NOBODY'S").values_list("pk", flat=True)
    )


def test_the_catalog_comes_with_every_level_of_the_file(stores: None) -> None:
    with LEVELS.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    there = MaturityLevel.objects.using(CATALOG).values_list("system", "value", "minimum_age", "edition")

    assert {
        (row["system"], row["value"], int(row["minimum_age"]), int(row["edition"])) for row in rows
    } == set(there)
    assert all(label_of(row["system"], row["value"]) == f"{row['system']}:{row['value']}" for row in rows)
    assert {row["basis"] for row in rows} == {"stated", "guidance"}
    assert all((row["minimum_age"] == "8") for row in rows if row["basis"] == "guidance")


@pytest.mark.parametrize(
    ("system", "value", "age"),
    [
        *(("MPA", "PG-13", 13), ("MPA", "NC-17", 18), ("TVPG", "TV-MA", 17), ("TVPG", "TV-Y7-FV", 7)),
        *(("BBFC", "12A", 12), ("BBFC", "PG", 8), ("FSK", "16", 16), ("CNC", "tous publics", 0)),
        *(("ACB", "MA15+", 15), ("EIRIN", "R15+", 15), ("KMRB", "ALL", 0), ("CBFC", "U/A 13+", 13)),
        *(("ClassInd", "L", 0), ("ICAA", "7", 7), ("Kijkwijzer", "9", 9), ("IMDA", "R21", 21)),
    ],
)
def test_a_value_means_what_its_system_says(stores: None, system: str, value: str, age: int) -> None:
    assert ages_by_label()[label_of(system, value)] == age


def test_a_level_counts_from_the_moment_it_is_saved(
    stores: None, api: APIClient, level: MaturityLevel
) -> None:
    """Keeps away: an answer by the levels, or with the ages, that the cache had from before."""
    title = rated(("Nobody's", "Teen"))
    url = f"/api/v1/content/{title.content_id}"

    def seen() -> tuple[list[int], int | None]:
        statuses = [api.get(url, {"maturity_lte": limit}).status_code for limit in (12, 13, 15)]
        return statuses, api.get(url).json()["maturity_ratings"][0]["minimum_age"]

    assert seen() == ([404, 200, 200], 13)
    level.minimum_age = 15
    level_save(level=level)
    assert seen() == ([404, 404, 200], 15)
    newer = level_save(level=MaturityLevel(system="Nobody's", value="TEEN", minimum_age=12, edition=2))
    assert seen() == ([200, 200, 200], 12)
    levels_delete(ids=[newer.pk])
    assert seen() == ([404, 404, 200], 15)
    levels_delete(ids=[level.pk])
    assert seen() == ([404, 404, 404], None)


def test_an_edition_says_one_thing_of_a_value(level: MaturityLevel) -> None:
    """However it is spelled: else it would be chance which of the two counts."""
    with pytest.raises(IntegrityError):
        level_save(level=MaturityLevel(system="nobody's", value="Teen", minimum_age=16))

    assert ages_by_label()["NOBODY'S:TEEN"] == 13


def test_labels_within_a_limit_are_those_up_to_it(level: MaturityLevel) -> None:
    rated(("Nobody's", "Teen"))
    assert labels_within(None) is None
    below, at = labels_within(12), labels_within(13)
    assert below is not None and at is not None
    assert "NOBODY'S:TEEN" not in below
    assert "NOBODY'S:TEEN" in at
    assert below < at


def test_labels_are_known_as_soon_as_a_title_has_them_and_no_others(level: MaturityLevel) -> None:
    assert labels_within(18) == frozenset()
    rated(("Nobody's", "Teen"), ("ZZZ", "unmapped"))
    assert labels_within(18) == frozenset({"NOBODY'S:TEEN"})


def test_unmapped_values_are_counted_by_the_public_titles_they_hide(stores: None) -> None:
    rated(("FSK", "12"))
    rated(("FSK", "about seven"), ("MPA", "PG-13"))
    rated(("fsk", "ABOUT SEVEN"))
    rated(("ZZZ", "1:2"), ("FSK", "about seven"))
    rated(("ZZZ", "draft's"), status="draft")
    rated()
    rated(status="archived")

    assert unmapped_maturity() == [UnmappedValue("FSK", "ABOUT SEVEN", 3), UnmappedValue("ZZZ", "1:2", 1)]
    assert unrated_titles() == 1


def test_where_everything_is_mapped_there_is_nothing_to_report(stores: None) -> None:
    rated(("FSK", "12"))

    assert (unmapped_maturity(), unrated_titles()) == ([], 0)
