"""A merged title whose source is imported again."""

from pathlib import Path

import pytest

from catalog.merging import content_unmerge, contents_merge, people_merge, person_unmerge
from catalog.models import AvailabilityWindow, Content, Credit, ExternalIdClaim, Person, Source
from catalog.services import content_delete
from tests.catalog.importing.conftest import HEADER, printed
from tests.catalog.importing.importing import id_of, import_titles
from tests.catalog.importing.movielabs import avail, avails, noted, run, transaction
from tests.factories import ContentFactory

ROWS = (
    {"show_id": "s1", "title": "Alpha", "director": "Dir A", "cast": "A One, Both", "listed_in": "Dramas"},
    {"show_id": "s2", "title": "Beta", "director": "Dir B", "cast": "B One, Both", "listed_in": "Comedies"},
)


def credited(show_id: str) -> list[tuple[str, str]]:
    return sorted(Credit.objects.filter(content=id_of(show_id)).values_list("person__name", "job"))


@pytest.mark.parametrize(("loser", "survivor"), [("s1", "s2"), ("s2", "s1")])
def test_the_same_file_changes_nothing_and_undoing_restores_both(
    stores: None, tmp_path: Path, loser: str, survivor: str
) -> None:
    """The import took the survivor for new to this source, and gave it everything a second time, for good."""
    path = tmp_path / "listing.csv"
    path.write_text(HEADER + "".join(printed(**row) for row in ROWS))
    import_titles(path)
    before = credited(loser), credited(survivor)
    contents_merge(loser_id=id_of(loser), survivor_id=id_of(survivor))
    merged = credited(survivor)

    said = import_titles(path)

    assert said[0] == "2 rows: 0 new, 0 changed, 2 unchanged, 0 rejected"
    assert credited(survivor) == merged == sorted({*before[0], *before[1]})
    assert content_unmerge(content_id=id_of(loser)) == []
    assert (credited(loser), credited(survivor)) == before
    assert import_titles(path)[0] == "2 rows: 0 new, 0 changed, 2 unchanged, 0 rejected"


def test_a_part_of_somebody_merged_into_who_has_it_as_well_is_imported_once(
    stores: None, tmp_path: Path
) -> None:
    """Keeps away: the same part twice of one person, of a title that came after the merge or changed since."""
    path = tmp_path / "listing.csv"

    def imported(**rows: str) -> list[list[tuple[str, str]]]:
        said = (printed(show_id=key, title=key, director="Ann", cast=cast) for key, cast in rows.items())
        path.write_text(HEADER + "".join(said))
        import_titles(path)
        return [credited(key) for key in rows]

    imported(s1="Ann, Anne")
    ann, anne = (Person.objects.get(name=name) for name in ("Ann", "Anne"))
    people_merge(loser_id=anne.pk, survivor_id=ann.pk)
    once = [("Ann", "Actor"), ("Ann", "Director")]

    assert imported(s1="Ann, Anne", s2="Anne, Ann", s3="Anne") == [once] * 3
    with_bo = sorted([*once, ("Bo", "Actor")])
    assert imported(s1="Anne, Ann, Bo", s2="Anne", s3="Ann") == [with_bo, once, once]
    assert imported(s1="Ann", s2="Bo", s3="Ann, Anne") == [once, [("Ann", "Director"), ("Bo", "Actor")], once]


@pytest.fixture
def twice_credited(stores: None, tmp_path: Path) -> tuple[Path, Person, Person]:
    """A listing's title with a part of somebody, who was then merged into a person whom an editor gave that part."""
    path = tmp_path / "listing.csv"
    path.write_text(HEADER + printed(show_id="s1", director="", cast="B. Schittenhelm"))
    import_titles(path)
    loser, survivor = Person.objects.get(name="B. Schittenhelm"), Person.objects.create(name="Brigitte Helm")
    part = {"department": "Acting", "job": "Actor"}
    Credit.objects.create(content_id=id_of("s1"), person=survivor, billing_order=7, **part)
    people_merge(loser_id=loser.pk, survivor_id=survivor.pk)
    assert credited("s1") == [("Brigitte Helm", "Actor")]
    return path, loser, survivor


def test_a_part_that_a_merge_made_one_is_not_put_beside_it_by_a_new_edition(
    twice_credited: tuple[Path, Person, Person],
) -> None:
    """Keeps away: somebody credited twice for one part, once the format makes more of its records."""
    path, loser, _ = twice_credited
    Source.objects.update(digest="of an older edition")

    assert import_titles(path)[0] == "1 row: 0 new, 1 changed, 0 unchanged, 0 rejected"

    assert credited("s1") == [("Brigitte Helm", "Actor")]
    assert person_unmerge(person_id=loser.pk) == []
    assert credited("s1") == [("B. Schittenhelm", "Actor"), ("Brigitte Helm", "Actor")]


@pytest.mark.parametrize("has_theirs", [False, True])
def test_a_merge_is_undone_though_an_import_has_put_the_dropped_credit_back(
    twice_credited: tuple[Path, Person, Person], has_theirs: bool
) -> None:
    """Keeps away: a duplicate key at each try, so that the merge could never be undone."""
    path, loser, survivor = twice_credited
    content_delete(content=Content.objects.get(content_id=id_of("s1")))
    import_titles(path)
    if has_theirs:  # as an earlier release left it
        Credit.objects.create(
            content_id=id_of("s1"), person=survivor, department="Acting", job="Actor", billing_order=7
        )

    assert person_unmerge(person_id=loser.pk) == []

    theirs = [("Brigitte Helm", "Actor")] if has_theirs else []
    assert credited("s1") == [("B. Schittenhelm", "Actor"), *theirs]
    assert import_titles(path)[0].endswith("0 new, 0 changed, 1 unchanged, 0 rejected")


def licensed(tmp_path: Path, *entries: str) -> tuple[str, list[tuple[str, str, str]]]:
    """Imports avails: the counts, and what the report has."""
    path, report = tmp_path / "avails.xml", tmp_path / "report.csv"
    path.write_text(avails(*entries), encoding="utf-8")
    return run("import_avails", path, report=report)[0], noted(report)


def of(title: str, alid: str, territory: str, **said: str) -> str:
    opened = transaction(f"{alid}-1", territories=territory, end="")
    return avail(alid, opened, title_eidr="", asset=title, **said)


def known_as(value: str) -> Content:
    title: Content = ContentFactory(title=value)
    ExternalIdClaim.objects.create(id=f"cid:{value}", scheme="cid", value=value, content_id=title.content_id)
    return title


def territories(title: Content) -> list[str]:
    rows = AvailabilityWindow.objects.filter(content=title).order_by("territory")
    return list(rows.values_list("territory", flat=True))


@pytest.mark.parametrize("names", [("alpha", "beta"), ("beta", "alpha")])
def test_licences_of_both_titles_can_be_taken_back_after_a_merge(
    stores: None, tmp_path: Path, names: tuple[str, str]
) -> None:
    """Keeps away: a title that stays open by a licence whose end the import rejects for unknown."""
    loser, survivor = map(known_as, names)
    licensed(tmp_path, of(names[0], "a1", "DE"), of(names[0], "a3", "IT"), of(names[1], "a2", "FR"))
    contents_merge(loser_id=loser.content_id, survivor_id=survivor.content_id)
    assert territories(survivor) == ["DE", "FR", "IT"]

    for title, alid, territory, left in (
        (names[0], "a1", "DE", ["FR", "IT"]),
        (names[1], "a2", "FR", ["IT"]),
    ):
        said, notes = licensed(tmp_path, of(title, alid, territory, entry="Full Delete"))
        assert (said, notes) == ("1 row: 0 new, 1 changed, 0 unchanged, 0 rejected", [])
        assert territories(survivor) == left
    assert content_unmerge(content_id=loser.content_id) == ["avail a1 was taken back since"]
    assert (territories(loser), territories(survivor)) == (["IT"], ["WW"])
    assert list(Content.objects.public()) == [Content.objects.get(content_id=loser.content_id)]


def test_undoing_parts_the_avails_again_with_what_a_licensor_changed(stores: None, tmp_path: Path) -> None:
    loser, survivor = known_as("alpha"), known_as("beta")
    licensed(tmp_path, of("alpha", "a1", "DE"), of("alpha", "a3", "IT"), of("beta", "a2", "FR"))
    before = list(Source.objects.order_by("value").values_list())
    contents_merge(loser_id=loser.content_id, survivor_id=survivor.content_id)
    assert content_unmerge(content_id=loser.content_id) == []
    assert list(Source.objects.order_by("value").values_list()) == before

    contents_merge(loser_id=loser.content_id, survivor_id=survivor.content_id)
    again = of("alpha", "a1", "DE"), of("alpha", "a3", "IT"), of("beta", "a2", "FR")
    assert licensed(tmp_path, *again)[0] == "1 row: 0 new, 0 changed, 1 unchanged, 0 rejected"
    licensed(tmp_path, of("alpha", "a1", "ES"))
    assert content_unmerge(content_id=loser.content_id) == []
    assert (territories(loser), territories(survivor)) == (["ES", "IT"], ["FR"])
    dossiers = [Source.objects.get(content=title).record["avails"] for title in (loser, survivor)]
    assert [[each["alid"] for each in avails] for avails in dossiers] == [["a1", "a3"], ["a2"]]
