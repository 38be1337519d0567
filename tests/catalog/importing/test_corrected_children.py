"""Rows that somebody corrected, and those that came with a merge, when their source says something else."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalog.merging import content_unmerge, contents_merge, people_merge
from catalog.models import AvailabilityWindow, Content, Credit, ExternalIdClaim, Person
from tests.catalog.importing.conftest import Listing
from tests.catalog.importing.importing import id_of, import_titles, title_of, whole_catalog
from tests.catalog.importing.movielabs import avail, avails, noted, run, transaction
from tests.factories import ContentFactory

EIDR = "10.5240/1111-2222-3333-4444-5555-S"
JUNE, AUGUST, DECEMBER = (datetime(2034, month, 1, tzinfo=UTC) for month in (6, 8, 12))
IN_THE_WAY = "the catalog has something else in its place"
STAYS = "it was corrected since it was imported, and stays"


@pytest.fixture
def movie(stores: None) -> Content:
    """A title without windows, known by its EIDR."""
    title = ContentFactory()
    ExternalIdClaim.objects.create(id=f"eidr:{EIDR}", scheme="eidr", value=EIDR, content_id=title.content_id)
    return title


def imported(tmp_path: Path, *entries: str) -> tuple[str, list[tuple[str, str, str]]]:
    path, report = tmp_path / "avails.xml", tmp_path / "report.csv"
    path.write_text(avails(*entries), encoding="utf-8")
    counts = run("import_avails", path, report=report)[0]
    return counts.partition(" rows: ")[2], noted(report)


def until(end: datetime, *, territories: str = "DE") -> str:
    return transaction(
        f"in {territories}",
        territories=territories,
        start="2024-01-01T00:00:00Z",
        end=f"{end:%Y-%m-%dT%H:%M:%SZ}",
    )


def open_until(title: Content) -> dict[str, datetime | None]:
    return dict(title.windows.order_by("territory").values_list("territory", "ends_at"))


def test_a_window_that_an_editor_prolonged_stays_and_the_report_says_so(
    movie: Content, tmp_path: Path
) -> None:
    """It was deleted without a word, and the licensor's put in its place."""
    imported(tmp_path, avail("a1", until(JUNE)))
    AvailabilityWindow.objects.update(ends_at=DECEMBER)

    _, notes = imported(tmp_path, avail("a1", until(AUGUST)))

    assert open_until(movie) == {"DE": DECEMBER}
    assert notes == [
        ("2", "conflict", f"availability window DE svod, 2024-01-01 00:00 – 2034-12-01 00:00: {STAYS}"),
        ("2", "conflict", f"availability window DE svod, 2024-01-01 00:00 – 2034-08-01 00:00: {IN_THE_WAY}"),
    ]


def test_a_credit_that_an_editor_corrected_stays_when_its_source_takes_it_back(
    stores: None, listing: Listing, tmp_path: Path
) -> None:
    report = tmp_path / "report.csv"
    import_titles(listing({}))
    Credit.objects.filter(person__name="Ben Okri").update(character_name="The Guard")

    said = import_titles(listing({"cast": "Chi Wei"}), report=report)

    assert said[0] == "1 row: 0 new, 1 changed, 0 unchanged, 0 rejected, 1 conflict"
    assert [reason.rpartition(": ")[2] for _, _, reason in noted(report)] == [STAYS]
    assert Credit.objects.get(person__name="Ben Okri").character_name == "The Guard"


def test_a_credit_of_somebody_who_was_merged_is_nobodys_correction(stores: None, listing: Listing) -> None:
    import_titles(listing({}))
    ben = Person.objects.get(name="Ben Okri")
    people_merge(loser_id=ben.pk, survivor_id=Person.objects.create(name="Flo").pk)

    said = import_titles(listing({"cast": "Chi Wei"}))

    assert said[0] == "1 row: 0 new, 1 changed, 0 unchanged, 0 rejected"
    assert [credit.person.name for credit in title_of("s1").credits.all()] == ["Ana Ruiz", "Chi Wei"]


def test_a_licence_that_is_taken_back_after_a_merge_is_closed_with_the_survivor(
    movie: Content, tmp_path: Path
) -> None:
    """The survivor's copy has an id of its own: the row counted as changed, and the title stayed open in France."""
    survivor = ContentFactory()
    for territory in ("DE", "IT"):
        AvailabilityWindow.objects.create(content=survivor, territory=territory, ends_at=DECEMBER)
    imported(tmp_path, avail("a1", until(JUNE, territories="FR ES")))
    contents_merge(loser_id=movie.content_id, survivor_id=survivor.content_id)
    assert set(open_until(survivor)) == {"DE", "ES", "FR", "IT"}

    imported(tmp_path, avail("a1", until(JUNE, territories="ES")))
    assert open_until(survivor) == {"DE": DECEMBER, "ES": JUNE, "IT": DECEMBER}
    imported(tmp_path, avail("a1", until(JUNE, territories="ES"), entry="Full Delete"))

    assert set(open_until(survivor)) == {"DE", "IT", "WW"}
    assert set(open_until(movie)) == {"ES", "FR"}  # as it was, for who undoes the merge
    assert content_unmerge(content_id=movie.content_id) == ["avail a1 was taken back since"]
    assert open_until(survivor) == {"DE": DECEMBER, "IT": DECEMBER}


def test_an_editors_window_of_the_same_words_is_no_copy(movie: Content, tmp_path: Path) -> None:
    """What an import never brought it does not take away."""
    AvailabilityWindow.objects.create(
        content=movie, territory="DE", starts_at=datetime(2024, 1, 1, tzinfo=UTC), ends_at=JUNE
    )
    imported(tmp_path, avail("a1", until(JUNE)))

    imported(tmp_path, avail("a1", until(JUNE), entry="Full Delete"))

    assert set(open_until(movie)) == {"DE", "WW"}


def test_what_a_source_changes_after_a_merge_changes_the_survivors_copy(
    stores: None, listing: Listing
) -> None:
    other = {"show_id": "s2", "title": "The Other", "cast": "Dee Lux", "director": ""}
    import_titles(listing({}, other))
    contents_merge(loser_id=id_of("s1"), survivor_id=id_of("s2"))
    loser = list(title_of("s1").credits.values_list("pk", "billing_order"))

    import_titles(listing({"cast": "Gus Ito, Chi Wei"}, other))

    credits = title_of("s2").credits.values_list("person__name", "billing_order")
    assert sorted(credits) == [("Ana Ruiz", 0), ("Chi Wei", 2), ("Dee Lux", 0), ("Gus Ito", 1)]
    assert list(title_of("s1").credits.values_list("pk", "billing_order")) == loser
    once = whole_catalog()
    import_titles(listing({"cast": "Gus Ito, Chi Wei"}, other))
    assert whole_catalog() == once
