"""`search_check` names what differs, `search_rebuild` mends it, and neither is in the way of who writes."""

import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from threading import Thread
from unittest.mock import DEFAULT, Mock
from uuid import UUID

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections, transaction
from psycopg2.errors import DeadlockDetected

from catalog.locking import contents_lock
from catalog.models import Content, Genre, SearchDocument, SearchWord
from catalog.search.documents import AT_ONCE, documents_write
from catalog.search.rebuilding import documents_rebuild, missing_count, missing_write, stale_rewrite
from catalog.search.searching import MOST
from catalog.services import content_save, term_save
from streaming.stores.aliases import CATALOG
from tests.catalog.search.conftest import Titled, found
from tests.factories import ContentFactory
from tests.served import until
from tests.waiting import waits_in_catalog

PATIENCE_SECONDS = 60
MANY = 40_000  # titles
BYTES_OF_AN_ID = 100


def said(command: str, *arguments: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What a command prints; the last line is its refusal where it refuses."""
    refusal: list[str] = []
    try:
        call_command(command, *arguments)
    except CommandError as error:
        refusal = [f"{error.returncode}: {error}"]
    return capsys.readouterr().out.splitlines() + refusal


def tamper(content: Content, **columns: object) -> None:
    SearchDocument.objects.filter(content_id=content.content_id).update(**columns)


def test_exactly_what_was_tampered_with_is_named_and_mended(
    titled: Titled, capsys: pytest.CaptureFixture[str]
) -> None:
    right, renamed, lost, stale = (titled(f"Night {n}", people=("Joan Day",)) for n in range(4))
    tamper(renamed, names="dawn", rating="1.0")
    SearchDocument.objects.filter(content_id=lost.content_id).delete()
    tamper(stale, is_stale=True, labels="old")
    SearchWord.objects.filter(word="joan").delete()
    SearchWord.objects.create(word="dusk", spellings=["dusk"])
    before = SearchDocument.objects.values().get(content_id=right.content_id)

    lines = said("search_check", capsys=capsys)

    assert sorted(lines[:2]) == sorted(
        [f"{renamed.content_id} Night 1: rating, names", f"{lost.content_id} Night 2: no document"]
    )
    assert lines[2:] == [
        "words that the typo step does not know: joan",
        "1: Of 4 titles 2 have no document as their rows are: `manage.py search_rebuild` writes them.",
    ]
    assert said("search_rebuild", capsys=capsys) == [
        "4 titles: 3 documents written, 0 removed; 0 words added, 1 removed"
    ]
    assert said("search_check", capsys=capsys) == ["4 titles have documents as their rows are"]
    assert said("search_check", "--sample", "2", capsys=capsys) == [
        "2 titles have documents as their rows are"
    ]
    assert SearchDocument.objects.values().get(content_id=right.content_id) == before
    assert not SearchWord.objects.filter(word="dusk").exists()
    assert said("search_rebuild", capsys=capsys) == [
        "4 titles: 0 documents written, 0 removed; 0 words added, 0 removed"
    ]


def test_a_renamed_genre_is_found_once_the_worker_was_round(
    titled: Titled, capsys: pytest.CaptureFixture[str]
) -> None:
    titled("Night", genres=["Thriller"])
    genre = Genre.objects.get(name="Thriller")
    genre.name = "Suspense"
    term_save(term=genre)

    assert said("search_check", capsys=capsys) == [
        "1 title has a document as its rows are; 1 waits for the worker"
    ]
    assert (stale_rewrite(most=100), stale_rewrite(most=100)) == (1, 0)
    assert (found("suspense"), found("thriller")) == ([("LABEL", "Night")], [])
    assert said("search_rebuild", "--stale", capsys=capsys) == ["0 stale documents written"]


def test_what_is_missing_is_written_and_nothing_else(
    titled: Titled, capsys: pytest.CaptureFixture[str]
) -> None:
    renamed = titled("Day")
    tamper(renamed, names="dawn")
    Content.objects.bulk_create(ContentFactory.build_batch(502, title="Night"))
    assert found("night") == []

    assert (missing_count(), missing_write(most=1)) == (502, 1)
    assert said("search_rebuild", "--missing", capsys=capsys) == ["501 missing documents written"]

    assert (missing_count(), len(found("night"))) == (0, MOST)
    assert SearchDocument.objects.get(content_id=renamed.content_id).names == "dawn"
    assert said("search_rebuild", "--missing", capsys=capsys) == ["No search document is missing."]


def test_however_many_are_missing_those_of_one_batch_are_in_memory(
    stores: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keeps away: all of their ids at once, a gigabyte in an upgrade of ten million titles."""
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(
            "INSERT INTO content_metadata (content_id, title, content_type)"
            " SELECT gen_random_uuid(), 'Night', 'movie' FROM generate_series(1, %s)",
            [MANY],
        )
    sizes: list[int] = []
    monkeypatch.setattr("catalog.search.rebuilding._rewrite", lambda ids: sizes.append(len(ids)))
    missing_write(most=1)  # what is made once, and kept
    tracemalloc.start()
    try:
        assert missing_write(most=sys.maxsize) == MANY
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        with connections[CATALOG].cursor() as cursor:
            # Deleted, each row would be looked for at the commit by plans that were made when there were few.
            cursor.execute("TRUNCATE content_metadata CASCADE")

    assert sizes == [1, *[AT_ONCE] * (MANY // AT_ONCE)]
    assert peak < MANY * BYTES_OF_AN_ID / 4


@pytest.mark.parametrize(
    ("write", "written"),
    [
        (partial(missing_write, most=9), {"lost"}),
        (partial(stale_rewrite, most=9), {"stale"}),
        (documents_rebuild, {"lost", "stale"}),
    ],
)
def test_whatever_writes_documents_beside_others_goes_on_after_a_deadlock(
    titled: Titled, monkeypatch: pytest.MonkeyPatch, write: Callable[[], object], written: set[str]
) -> None:
    """Keeps away: the worker's round ended by words that an import brings at the same time."""
    lost, stale = titled("Lost"), titled("Stale")
    SearchDocument.objects.filter(content_id=lost.content_id).delete()
    tamper(stale, is_stale=True, names="old")
    ended = OperationalError("ended")
    ended.__cause__ = DeadlockDetected()
    mocked = Mock(side_effect=[ended, *[DEFAULT] * 9], wraps=documents_write)
    monkeypatch.setattr("catalog.search.rebuilding.documents_write", mocked)

    write()

    assert mocked.call_count == 2
    assert set(SearchDocument.objects.filter(is_stale=False).values_list("names", flat=True)) == written


def test_a_rebuild_killed_and_run_again_writes_the_rest(
    stores: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second batch waits for a title that somebody holds; the kill comes there."""
    # In the order of their ids, and none of the first batch shares a lock with the one that is held.
    ids = [UUID(int=(number << 64) + number) for number in range(700)]
    Content.objects.bulk_create([ContentFactory.build(content_id=content_id) for content_id in ids])
    with transaction.atomic(using=CATALOG):
        contents_lock([ids[600]])
        with rebuilding() as child:
            until(lambda: waits_in_catalog(statement="%advisory%"), "the rebuild waits")
            child.kill()
            child.wait(PATIENCE_SECONDS)

    assert SearchDocument.objects.count() == 500
    assert said("search_rebuild", capsys=capsys)[0].startswith("700 titles: 200 documents written")
    assert said("search_check", capsys=capsys) == ["700 titles have documents as their rows are"]


def test_a_rebuild_does_not_undo_what_is_saved_meanwhile(
    titled: Titled, capsys: pytest.CaptureFixture[str]
) -> None:
    """A save holds the title; the rebuild, which has seen its document differ, waits and then reads what was saved."""
    content = titled("Night")
    tamper(content, names="dawn")
    with transaction.atomic(using=CATALOG):
        content.title = "Dusk"
        content_save(content=content)
        with rebuilding() as child:
            until(lambda: waits_in_catalog(statement="%advisory%"), "the rebuild waits")
            transaction.on_commit(lambda: None, using=CATALOG)
    child.wait(PATIENCE_SECONDS)

    assert found("dusk") == [("EXACT", "Dusk")]
    assert said("search_check", capsys=capsys) == ["1 title has a document as its rows are"]


def test_two_who_save_one_title_leave_the_document_as_its_rows(
    titled: Titled, capsys: pytest.CaptureFixture[str]
) -> None:
    content = titled("Night")

    def save(number: int) -> None:
        with closing(connections[CATALOG]):
            for turn in range(10):
                mine = Content.objects.get(content_id=content.content_id)
                mine.title = f"Night {number} {turn}"
                content_save(content=mine)

    threads = [Thread(target=save, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)

    assert said("search_check", capsys=capsys) == ["1 title has a document as its rows are"]


def test_a_word_that_is_being_used_again_is_not_taken_away(
    titled: Titled, capsys: pytest.CaptureFixture[str]
) -> None:
    """The writer has found the word and kept it; the rebuild waits, looks again and leaves it."""
    content = titled("Night")
    SearchWord.objects.create(word="dusk", spellings=["dusk", "usk", "dsk", "duk", "dus"])
    with transaction.atomic(using=CATALOG):
        content.title = "Dusk"
        content_save(content=content)
        with rebuilding() as child:
            until(lambda: waits_in_catalog(statement="SELECT%search_words%FOR UPDATE%"), "the rebuild waits")
    child.wait(PATIENCE_SECONDS)

    assert SearchWord.objects.filter(word="dusk").exists()
    assert found("dsuk") == [("SLIP", "Dusk")]


@contextmanager
def rebuilding() -> Iterator["subprocess.Popen[str]"]:
    child = subprocess.Popen(
        [sys.executable, settings.BASE_DIR / "manage.py", "search_rebuild"],
        env={**os.environ, **_test_databases()},
        text=True,
    )
    with ExitStack() as on_failure:
        on_failure.callback(child.kill)
        yield child
        on_failure.pop_all()


def _test_databases() -> dict[str, str]:
    url = os.environ["CATALOG_DATABASE_URL"].rsplit("/", 1)[0]
    return {"CATALOG_DATABASE_URL": f"{url}/{connections[CATALOG].settings_dict['NAME']}"}
