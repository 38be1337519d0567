"""External ids that a source says no longer."""

from pathlib import Path
from typing import Any

import pytest

from catalog.merging import contents_merge
from catalog.models import Content, ExternalId, ExternalIdClaim
from catalog.registries import Ref
from catalog.services import external_ids_add
from tests.catalog.importing.movielabs import core, mec, run
from tests.factories import ContentFactory

FERRY, HARBOUR = "md:cid:org:studio.example:ferry", "md:cid:org:studio.example:harbour"
FERRYS, HARBOURS = Ref("org-studio-example", "1"), Ref("org-studio-example", "2")


def called(*refs: Ref) -> str:
    return "".join(
        f"<md:AltIdentifier><md:Namespace>{ref.scheme}</md:Namespace><md:Identifier>{ref.value}</md:Identifier>"
        "</md:AltIdentifier>"
        for ref in refs
    )


def imported(tmp_path: Path, *cores: str) -> str:
    path = tmp_path / "mec.xml"
    path.write_text(mec(*cores), encoding="utf-8")
    return run("import_mec", path)[0]


def owners() -> dict[str, Any]:
    """The title that each id leads to, of those that are no content ids."""
    claims = ExternalIdClaim.objects.exclude(scheme="cid")
    names = dict(Content.objects.values_list("content_id", "title"))
    return {claim.id: names[claim.content_id] for claim in claims}


def rows() -> dict[str, str]:
    found = ExternalId.objects.exclude(scheme="cid").select_related("content")
    return {str(row): row.content.title for row in found}


@pytest.mark.parametrize("said_still", [True, False])
def test_titles_that_named_each_others_ids_keep_their_own(
    stores: None, tmp_path: Path, said_still: bool
) -> None:
    """Both claims went, for they were deleted by all titles and all ids of the batch, and were not made again."""
    imported(
        tmp_path,
        core(FERRY, rest=called(FERRYS), title="Ferry"),
        core(HARBOUR, rest=called(HARBOURS), title="Harbour"),
    )
    both = called(FERRYS, HARBOURS)
    imported(tmp_path, core(FERRY, rest=both, title="Ferry"), core(HARBOUR, rest=both, title="Harbour"))
    said = (
        {"FERRY": both, "HARBOUR": both}
        if said_still
        else {"FERRY": called(FERRYS), "HARBOUR": called(HARBOURS)}
    )

    counts = imported(
        tmp_path,
        core(FERRY, rest=said["FERRY"], title="Ferry II"),
        core(HARBOUR, rest=said["HARBOUR"], title="Harbour II"),
    )

    assert counts.startswith("2 rows: 0 new, 2 changed")
    assert owners() == rows() == {str(FERRYS): "Ferry II", str(HARBOURS): "Harbour II"}


def test_an_id_that_a_source_says_no_longer_is_free(stores: None, tmp_path: Path) -> None:
    imported(tmp_path, core(FERRY, rest=called(FERRYS, HARBOURS), title="Ferry"))

    imported(tmp_path, core(FERRY, rest=called(FERRYS), title="Ferry"))

    assert owners() == rows() == {str(FERRYS): "Ferry"}


def test_an_id_that_an_editor_entered_as_well_leads_to_the_title_still(stores: None, tmp_path: Path) -> None:
    """The editor's row stayed, and nothing led to it: the title was not found by it, and another could take it."""
    imported(tmp_path, core(FERRY, title="Ferry"))
    external_ids_add(content_id=Content.objects.get().content_id, refs=[FERRYS])
    imported(tmp_path, core(FERRY, rest=called(FERRYS), title="Ferry"))

    imported(tmp_path, core(FERRY, title="Ferry"))

    assert owners() == rows() == {str(FERRYS): "Ferry"}


def test_an_id_that_came_with_a_merge_leads_to_the_survivor_still(stores: None, tmp_path: Path) -> None:
    imported(tmp_path, core(FERRY, rest=called(FERRYS), title="Ferry"))
    survivor = ContentFactory(title="Survivor")
    contents_merge(loser_id=Content.objects.get(title="Ferry").content_id, survivor_id=survivor.content_id)

    imported(tmp_path, core(FERRY, title="Ferry"))

    assert owners() == rows() == {str(FERRYS): "Survivor"}
