"""Titles and people that others write between an import's look at them and its own writing."""

from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError
from django.db import connections

from catalog.importing import pipeline
from catalog.importing.identity import TitledRow, titles_found
from catalog.importing.sharing import Known, people_insert
from catalog.merging import contents_merge, people_merge
from catalog.models import Content, Credit, ExternalId, ExternalIdClaim, Person
from catalog.registries import Ref
from catalog.services import external_ids_add
from streaming.stores.aliases import CATALOG
from tests.catalog.importing import importing
from tests.catalog.importing.conftest import Listing
from tests.catalog.importing.dumps import MOVIE, id_of, import_imdb, written
from tests.catalog.importing.importing import import_titles, title_of
from tests.catalog.importing.movielabs import core, mec, noted, run
from tests.factories import ContentFactory

CID = "md:cid:org:studio.example:ferry"
OTHER_ID = """<md:AltIdentifier><md:Namespace>org:studio.example</md:Namespace>
<md:Identifier>42</md:Identifier></md:AltIdentifier>"""


def claim(title: Content, ref: Ref) -> None:
    """As an editor does, over a connection of its own."""
    try:
        external_ids_add(content_id=title.content_id, refs=[ref])
    finally:
        connections[CATALOG].close()


@pytest.fixture
def after_each_look(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Has something done by another thread each time that an import has looked its titles up."""

    def set_up(what: Callable[[], None]) -> None:
        def looked_up(*, scheme: str, rows: Collection[Any]) -> list[TitledRow]:
            found = titles_found(scheme=scheme, rows=rows)
            with ThreadPoolExecutor(1) as other_writer:
                other_writer.submit(what).result()
            return found

        monkeypatch.setattr(pipeline, "titles_found", looked_up)

    return set_up


def owner_of(ref: Ref) -> Any:
    return ExternalIdClaim.objects.get(value=ref.value, scheme=ref.scheme).content_id


def test_a_title_that_is_called_so_meanwhile_is_the_one_a_new_row_is_of(
    stores: None, tmp_path: Path, after_each_look: Callable[[Callable[[], None]], None]
) -> None:
    """The import ended with a violated key."""
    title, imdb = ContentFactory(title="La larga noche", summary=""), Ref("imdb", MOVIE)
    after_each_look(lambda: claim(title, imdb))

    said = import_imdb(written(tmp_path / "dump"))

    assert said[0] == "3 titles: 2 new, 1 changed, 0 unchanged; 0 rows rejected"
    assert not Content.objects.filter(content_id=id_of(MOVIE)).exists()
    assert owner_of(imdb) == title.content_id
    assert title.credits.count() == 5
    assert import_imdb(tmp_path / "dump")[0] == "3 titles: 0 new, 0 changed, 3 unchanged; 0 rows rejected"


def test_an_id_that_a_changed_row_adds_stays_with_who_claimed_it_meanwhile(
    stores: None, tmp_path: Path, after_each_look: Callable[[Callable[[], None]], None]
) -> None:
    path, report = tmp_path / "mec.xml", tmp_path / "report.csv"
    path.write_text(mec(core(CID)), encoding="utf-8")
    run("import_mec", path)
    title, other = ContentFactory(), Ref("org-studio-example", "42")
    after_each_look(lambda: claim(title, other))

    path.write_text(mec(core(CID, rest=OTHER_ID, title="Night Boat")), encoding="utf-8")
    said = run("import_mec", path, report=report)

    assert said[0] == "1 row: 0 new, 1 changed, 0 unchanged, 0 rejected, 1 conflict"
    assert noted(report) == [("2", "conflict", f"{other} is of another title, {title.content_id}")]
    assert Content.objects.filter(title="Night Boat").exists()
    assert owner_of(other) == title.content_id
    assert ExternalId.objects.get(value="42").content_id == title.content_id


def test_an_import_that_is_overtaken_at_every_look_ends_in_a_sentence(
    stores: None, tmp_path: Path, after_each_look: Callable[[Callable[[], None]], None]
) -> None:
    titles = iter([ContentFactory() for _ in range(pipeline.LOOKS)])
    imdb = Ref("imdb", MOVIE)

    def claim_by_another() -> None:
        ExternalIdClaim.objects.using(CATALOG).filter(value=MOVIE).delete()
        claim(next(titles), imdb)

    after_each_look(claim_by_another)

    with pytest.raises(CommandError, match="others go on claiming"):
        import_imdb(written(tmp_path / "dump"))
    assert not Content.objects.filter(content_id=id_of(MOVIE)).exists()


def test_a_title_that_is_merged_meanwhile_is_changed_where_it_is_now(
    stores: None, listing: Listing, after_each_look: Callable[[Callable[[], None]], None]
) -> None:
    """What the row says went to the title that nobody sees any more, and counted as changed."""
    import_titles(listing({}, {"show_id": "s2", "title": "The Other"}))
    loser, survivor = importing.id_of("s1"), importing.id_of("s2")

    def merge_once() -> None:
        try:
            if Content.objects.get(content_id=loser).status != "merged":
                contents_merge(loser_id=loser, survivor_id=survivor)
        finally:
            connections[CATALOG].close()

    after_each_look(merge_once)

    said = import_titles(listing({"cast": "Dee Lux"}))

    assert said[0] == "1 row: 0 new, 1 changed, 0 unchanged, 0 rejected"
    assert title_of("s2").credits.filter(person__name="Dee Lux").exists()
    assert not title_of("s1").credits.filter(person__name="Dee Lux").exists()


def test_nobody_is_merged_between_an_imports_look_and_their_new_credit(
    stores: None, listing: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A credit that the merge could not see yet stayed with the person whom nobody finds any more."""
    import_titles(listing({}))
    chi, flo = Person.objects.get(name="Chi Wei"), Person.objects.create(name="Flo")
    merges: list[Future[int]] = []

    def merge() -> int:
        try:
            return people_merge(loser_id=chi.pk, survivor_id=flo.pk)
        finally:
            connections[CATALOG].close()

    with ThreadPoolExecutor(1) as other_writer:

        def inserted(titles: Any) -> Known:
            known = people_insert(titles)
            merges.append(other_writer.submit(merge))
            wait(merges, timeout=2)  # it does what it can before the import goes on
            return known

        monkeypatch.setattr(pipeline, "people_insert", inserted)
        import_titles(listing({"show_id": "s2", "cast": "Chi Wei"}))

    assert [merge.result() for merge in merges] == [2]
    assert not Credit.objects.filter(person=chi).exists()
    assert Credit.objects.filter(person=flo).count() == 2
