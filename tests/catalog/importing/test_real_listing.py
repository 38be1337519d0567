"""The real listing, whole, with its odd rows."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from catalog.models import Content, Credit, Genre, Person, Source
from tests.catalog.importing.importing import id_of, import_titles, title_of, whole_catalog

TWINS = (
    ("Love in a Puff", "Love In A Puff"),
    ("Esperando la carroza", "Esperando La Carroza"),
    ("Sin senos sí hay paraíso", "Sin Senos sí Hay Paraíso"),
    ("FullMetal Alchemist", "Fullmetal Alchemist"),
    ("Death Note", "DEATH NOTE"),
)
STRAY_COMMAS = [
    ["Belgium", "Cambodia", "France", "Luxembourg"],
    ["Algeria", "France"],
    ["Poland"],
    ["South Korea"],
    ["United Kingdom"],
    ["United Kingdom"],
    ["United States"],
]


@pytest.mark.slow
def test_the_real_listing_goes_in_whole_and_once(
    stores: None, titles_file: Path, tmp_path: Path, api: APIClient
) -> None:
    report = tmp_path / "report.csv"
    said = import_titles(titles_file, report=report)

    assert said == [
        "8,807 rows: 8,807 new, 0 changed, 0 unchanged, 0 rejected, 3 mended",
        "the catalog has 8,807 titles (6,131 movies, 2,676 series), 42 genres, 40,948 people",
    ]
    assert Credit.objects.filter(job="Director").values("person").distinct().count() == 4993
    assert Credit.objects.filter(job="Actor").values("person").distinct().count() == 36439
    assert (Genre.objects.count(), Person.objects.count(), Source.objects.count()) == (42, 40948, 8807)
    _mended_rows_are_reported(report)
    _odd_rows_read_well()
    _twins_stay_two()
    _the_api_serves(api)

    before = whole_catalog()
    assert (
        import_titles(titles_file)[0] == "8,807 rows: 0 new, 0 changed, 8,807 unchanged, 0 rejected, 3 mended"
    )
    assert whole_catalog() == before


def _mended_rows_are_reported(report: Path) -> None:
    with report.open(encoding="utf-8", newline="") as file:
        rows = [(row["line"], row["show_id"], row["outcome"], row["reason"]) for row in csv.DictReader(file)]
    assert rows == [
        ("5543", "s5542", "mended", "duration '74 min' stood in rating"),
        ("5796", "s5795", "mended", "duration '84 min' stood in rating"),
        ("5815", "s5814", "mended", "duration '66 min' stood in rating"),
    ]
    assert [title_of(key).duration_minutes for key in ("s5542", "s5795", "s5814")] == [74, 84, 66]
    assert Source.objects.get(value="s5542").record["rating"] == ""


def _odd_rows_read_well() -> None:
    stray = ["s194", "s366", "s1193", "s2225", "s4654", "s5926", "s7008"]
    countries = Source.objects.filter(value__in=stray).values_list("record__country", flat=True)
    assert sorted(sorted(names) for names in countries) == sorted(STRAY_COMMAS)
    assert not Source.objects.filter(record__country__contains=[""]).exists()
    assert Source.objects.filter(record__date_added=None).count() == 10
    assert title_of("s6067").published_at == datetime(2013, 1, 1, tzinfo=UTC)
    assert Content.objects.filter(title="The Memphis Belle: A Story of a Flying Fortress").count() == 1
    # One name printed twice in a cast is one credit; who directs and acts has two.
    assert Credit.objects.filter(content_id=id_of("s1632"), person__name="Micah Hauptman").count() == 1
    assert Credit.objects.filter(content_id=id_of("s5542"), person__name="Louis C.K.").count() == 2


def _twins_stay_two() -> None:
    for pair in TWINS:
        assert [Content.objects.filter(title=title).count() for title in pair] == [1, 1]


def _the_api_serves(api: APIClient) -> None:
    details = api.get(f"/api/v1/content/{id_of('s2')}/details").json()
    assert details["metadata"]["title"] == "Blood & Water"
    assert [genre["name"] for genre in details["genres"]] == [
        "International TV Shows",
        "TV Dramas",
        "TV Mysteries",
    ]
    assert [credit["person_name"] for credit in details["cast"][:2]] == ["Ama Qamata", "Khosi Ngema"]
