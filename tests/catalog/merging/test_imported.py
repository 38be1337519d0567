"""A merged title whose source is imported again."""

from pathlib import Path

import pytest

from catalog.merging import content_unmerge, contents_merge
from catalog.models import Credit
from tests.catalog.importing.conftest import HEADER, printed
from tests.catalog.importing.importing import id_of, import_titles

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
