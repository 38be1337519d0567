"""What the feed says of each change, and when it says nothing or refuses."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from catalog.changes import reading
from catalog.changes.keeping import changes_fill
from catalog.changes.reading import Cursor, CursorExpired, changes_since
from catalog.models import Change, Content, Genre
from catalog.search.rebuilding import documents_rebuild, stale_rewrite
from catalog.services import (
    children_save,
    content_delete,
    content_save,
    contents_set_status,
    term_save,
    terms_delete,
)
from catalog.views.changes import FOLLOWED
from streaming.api.pages import cursor_of
from streaming.stores.aliases import CATALOG
from tests.catalog.changes.following import Follower, public_catalog, wait_for_others
from tests.environment import DISTRIBUTED
from tests.factories import ContentFactory, GenreFactory, SeasonFactory, WindowFactory
from tests.served import until

pytestmark = pytest.mark.usefixtures("stores")
URL = "/api/v1/changes"


def made(title: str = "Metropolis", **fields: Any) -> Content:
    return content_save(
        content=Content(title=title, content_type="movie", **{"status": "published", **fields})
    )


def told(cursor: Cursor | None = None, *, limit: int = 100) -> tuple[list[tuple[UUID, str]], Cursor]:
    wait_for_others()
    page = changes_since(cursor=cursor, limit=limit)
    return [(each["content_id"], each["change"]) for each in page.results], page.following


def set_status(content: Content, status: Content.Status) -> None:
    contents_set_status(content_ids=[content.content_id], status=status)


def test_a_title_is_created_updated_and_deleted_for_who_follows_and_created_for_who_begins() -> None:
    content = made()
    _, cursor = told()

    content.title = "Metropolis (restored)"
    content_save(content=content)
    changed, after = told(cursor)
    assert changed == [(content.content_id, "updated")]
    assert told()[0] == [(content.content_id, "created")]
    children_save(content=content, saved=[SeasonFactory.build(content=content)], deleted=[])
    assert told(after)[0] == [(content.content_id, "updated")]

    content_delete(content=content)
    changed, after = told(after)
    assert changed == [(content.content_id, "deleted")]
    assert told(after) == ([], after)
    assert told()[0] == []  # to a reader that begins now it is nothing


def rename(genre: Genre) -> None:
    genre.name = "Suspense"
    term_save(term=genre)


def delete(genre: Genre) -> None:
    terms_delete(model=Genre, keys=[genre.genre_id])


@pytest.mark.parametrize("change", [rename, delete])
@pytest.mark.parametrize(
    "bring_up", [partial(stale_rewrite, most=10), documents_rebuild], ids=["worker", "rebuild"]
)
def test_titles_of_a_genre_that_is_renamed_or_deleted_are_told_as_they_are_brought_up(
    change: Callable[[Genre], None], bring_up: Callable[[], object]
) -> None:
    """Keeps away: a follower that has the old name until somebody happens to write the title."""
    genre = GenreFactory(name="Thriller")
    thriller, draft, other = made(), made(status="draft"), made()
    for content in (thriller, draft):
        content_save(content=content, links={"genres": [genre]})
    _, cursor = told()
    written = Content.objects.get(content_id=thriller.content_id).updated_at

    change(genre)
    waiting = told(cursor)[0]
    bring_up()

    changed, after = told(cursor)
    assert (waiting, changed) == ([], [(thriller.content_id, "updated")])
    assert changes_since(cursor=cursor, limit=9).results[0]["at"] == written
    assert Content.objects.get(content_id=thriller.content_id).updated_at == written, (
        "no editor is outdated by it"
    )
    bring_up()
    assert told(after)[0] == []
    assert set(public_catalog()) == {thriller.content_id, other.content_id}


def test_several_changes_between_two_polls_are_one() -> None:
    first, second = made("First"), made("Second")
    _, cursor = told()
    for title in (first, second, first):
        content_save(content=title)

    assert told(cursor)[0] == [(second.content_id, "updated"), (first.content_id, "updated")]


def test_what_never_was_public_is_not_in_the_feed() -> None:
    _, cursor = told()
    draft = made(status="draft")
    later = made(published_at=timezone.now() + timedelta(days=1))
    not_yet = made(status="draft")
    WindowFactory(content=not_yet, starts_at=timezone.now() + timedelta(days=1))
    set_status(not_yet, Content.Status.PUBLISHED)

    assert told(cursor)[0] == []
    for content in (draft, later, not_yet):
        content_delete(content=content)
    assert told(cursor)[0] == []


def test_a_draft_with_a_date_of_the_past_is_no_business_of_the_feed_s_when_it_is_archived() -> None:
    """Regression: by its date and status it looked as if it had been public, and its id was told as deleted."""
    _, cursor = told()
    past = timezone.now() - timedelta(days=1)
    drafts = [made(status="draft", published_at=past) for _ in range(2)]
    coming = made(status="draft", published_at=past)
    WindowFactory(content=coming, starts_at=timezone.now() + timedelta(days=1))
    set_status(coming, Content.Status.PUBLISHED)

    for content in (*drafts, coming):
        set_status(content, Content.Status.ARCHIVED)
    content_delete(content=drafts[0])

    assert told(cursor)[0] == []


def test_what_time_showed_before_it_was_archived_is_told_though_the_worker_was_away() -> None:
    soon = made(published_at=timezone.now() + timedelta(seconds=1))
    _, cursor = told()
    until(lambda: soon.content_id in public_catalog(), "its date comes", seconds=10)

    set_status(soon, Content.Status.ARCHIVED)

    assert told(cursor)[0] == [(soon.content_id, "deleted")]


def test_a_draft_is_created_when_it_is_published_and_deleted_when_it_is_archived() -> None:
    draft = made(status="draft")
    other = made("Another")
    changed, cursor = told()
    assert changed == [(other.content_id, "created")]

    set_status(draft, Content.Status.PUBLISHED)
    changed, cursor = told(cursor)
    assert changed == [(draft.content_id, "created")]
    set_status(draft, Content.Status.ARCHIVED)
    changed, cursor = told(cursor)
    assert changed == [(draft.content_id, "deleted")]
    content_delete(content=draft)
    assert told(cursor) == ([], cursor)  # who was told to drop it has nothing left to do


def test_a_title_that_became_public_by_the_clock_is_told_as_deleted_when_it_goes() -> None:
    """Keeps away: that whether it was shown is asked at the last write, when it was not yet public."""
    content = made(published_at=timezone.now() + timedelta(days=1))
    Content.objects.filter(content_id=content.content_id).update(
        published_at=timezone.now() - timedelta(days=1)
    )
    other = made("Another")
    _, cursor = told()

    content_delete(content=content)

    assert told(cursor)[0] == [(content.content_id, "deleted")]
    assert other.content_id in public_catalog()


def test_the_feed_is_read_in_pages_of_any_size_each_title_once() -> None:
    titles = [made(f"Title {number}") for number in range(7)]
    for size in (1, 3, 7, 100):
        cursor, seen = None, []
        while True:
            changed, cursor = told(cursor, limit=size)
            if not changed:
                break
            assert len(changed) <= size
            seen += changed
        assert seen == [(title.content_id, "created") for title in titles]


def test_a_title_that_moves_while_a_reader_begins_is_still_told_as_created() -> None:
    """Keeps away: `updated` for a title that this reader has never heard of."""
    old, new = made("Old"), made("New")
    content_save(content=old)  # its first position is before that of the other

    changed, cursor = told(limit=1)
    assert changed == [(new.content_id, "created")]
    assert told(cursor)[0] == [(old.content_id, "created")]


def test_a_page_of_any_size_costs_three_queries() -> None:
    """With merged titles in it one more: whether those that they are part of are public."""
    for number in range(30):
        made(f"Title {number}")
    told()

    for limit in (1, 100):
        with CaptureQueriesContext(connections[CATALOG]) as queries:
            assert changes_since(cursor=None, limit=limit).results
        assert len(queries) == 3
    _, cursor = told()
    with CaptureQueriesContext(connections[CATALOG]) as queries:
        changes_since(cursor=cursor, limit=100)
    assert len(queries) == 1


@contextmanager
def another_transaction() -> Iterator[None]:
    """That has written something, anything, in another session."""
    with closing(connections[CATALOG].copy()) as other, other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT pg_current_xact_id(), set_config('application_name', 'slow import', false)")
        yield
        cursor.execute("ROLLBACK")


def test_a_long_transaction_delays_what_was_written_since_and_loses_nothing() -> None:
    before = made("Before")
    wait_for_others()
    with another_transaction():
        during = made("During")
        changed, cursor = told()
        assert changed == [(before.content_id, "created")]
        until(
            lambda: "slow import: SELECT pg_current_xact_id()" in _status()[1],
            "older transactions of other databases end",
        )
        first, second = _status()
    assert first == "2 titles in the feed, 1 with a change not yet told"
    assert second.startswith("oldest transaction: session ")

    assert told(cursor)[0] == [(during.content_id, "created")]


def _status() -> list[str]:
    printed = StringIO()
    call_command("changes", "status", stdout=printed)
    return printed.getvalue().splitlines()


def test_what_is_rolled_back_is_never_told() -> None:
    content = made()
    _, cursor = told()
    with transaction.atomic(using=CATALOG):
        content.title = "Not to be"
        content_save(content=content)
        transaction.set_rollback(True, using=CATALOG)

    assert told(cursor) == ([], cursor)


@pytest.mark.parametrize(
    "made_otherwise",
    [
        {"feed": "0" * 32},
        {"position": 10**17},
    ],
)
def test_a_cursor_of_another_feed_or_of_the_future_has_to_start_anew(
    api: APIClient, made_otherwise: dict[str, Any]
) -> None:
    made()
    _, cursor = told()
    foreign = cursor._replace(**made_otherwise)

    with pytest.raises(CursorExpired):
        changes_since(cursor=foreign, limit=1)
    answer = api.get(URL, {"since": cursor_of(FOLLOWED, *foreign)})

    assert (answer.status_code, answer.json()["code"]) == (410, "cursor_expired")
    assert (
        answer.json()["detail"] == "The cursor is of a feed that is no more: read it anew, without `since`."
    )


def test_an_emptied_catalog_has_another_feed() -> None:
    made()
    _, cursor = told()
    with connections[CATALOG].cursor() as statement:
        statement.execute("TRUNCATE content_changes")

    with pytest.raises(CursorExpired):
        told(cursor)
    assert changes_fill() == 1
    assert [change for _, change in told()[0]] == ["created"]


def test_a_feed_from_another_server_s_history_is_refused_until_it_is_rebased(api: APIClient) -> None:
    """As after a dump is restored on a younger server: positions that this one has not come to yet."""
    titles = [made(f"Title {number}") for number in range(3)]
    Change.objects.update(position=10**12, first_position=10**12)

    answer = api.get(URL)
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert answer.headers["Retry-After"] == "60"
    with pytest.raises(CommandError, match=r"run manage\.py changes rebase"):
        call_command("changes", "status", stdout=StringIO())
    printed = StringIO()
    call_command("changes", "rebase", stdout=printed)

    assert printed.getvalue() == "3 titles have a new position; readers start anew\n"
    assert {content_id for content_id, _ in told()[0]} == {title.content_id for title in titles}


def test_titles_that_were_written_past_the_services_are_filled_in() -> None:
    known = made()
    strays = ContentFactory.create_batch(3)
    ContentFactory(status="draft")
    changed, cursor = told()
    assert changed == [(known.content_id, "created")]
    printed = StringIO()

    call_command("changes", "fill", stdout=printed)

    assert printed.getvalue() == "4 titles noted\n"
    assert {*told(cursor)[0]} == {(stray.content_id, "created") for stray in strays}
    assert changes_fill() == 0


def test_a_row_that_its_shard_does_not_show_holds_back_what_follows() -> None:
    """As between the coordinator's commit and a worker's: the feed says so, the title's row not yet."""
    first, second = made("First"), made("Second")
    _, cursor = told()
    ids = [first.content_id, second.content_id]
    for title in (first, second):
        content_save(content=title)
    shown_at = Content.objects.get(content_id=first.content_id).updated_at
    Content.objects.filter(content_id=first.content_id).update(updated_at=shown_at - timedelta(seconds=1))

    assert told(cursor) == ([], cursor)

    Content.objects.filter(content_id=first.content_id).update(updated_at=shown_at)
    assert [content_id for content_id, _ in told(cursor)[0]] == ids


def test_a_title_deleted_past_the_services_does_not_stop_the_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    lost, after = made("Lost"), made("After")
    Content.objects.filter(content_id=lost.content_id).delete()
    assert told()[0] == []

    monkeypatch.setattr(reading, "PATIENCE", timedelta(0))

    assert told()[0] == [(lost.content_id, "deleted"), (after.content_id, "created")]


@pytest.mark.skipif(not DISTRIBUTED, reason="of a distributed catalog: run by `make test-citus`")
def test_a_prepared_transaction_keeps_even_an_old_row_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a worker has prepared and not committed may be that very title: patience alone would lose the change."""
    lost, after = made("Lost"), made("After")
    Content.objects.filter(content_id=lost.content_id).delete()
    monkeypatch.setattr(reading, "PATIENCE", timedelta(0))
    prepare = "BEGIN; SELECT pg_current_xact_id(); PREPARE TRANSACTION 'test_unsettled'"
    with on_a_worker(prepare, "ROLLBACK PREPARED 'test_unsettled'"):
        assert told()[0] == []

    assert told()[0] == [(lost.content_id, "deleted"), (after.content_id, "created")]


@contextmanager
def on_a_worker(before: str, after: str) -> Iterator[None]:
    ask = "SELECT success, result FROM run_command_on_workers(%s) LIMIT 1"
    with closing(connections[CATALOG].copy()) as session, session.cursor() as cursor:
        cursor.execute(ask, [before])
        yield
        cursor.execute(ask, [after])


def test_the_answer_has_what_is_documented_and_the_end_has_a_cursor_too(api: APIClient) -> None:
    content = made()
    at = Content.objects.get(content_id=content.content_id).updated_at
    wait_for_others()

    page = api.get(URL).json()
    end = api.get(URL, {"since": page["next"]})

    assert page["results"] == [
        {
            "content_id": str(content.content_id),
            "change": "created",
            "at": at.isoformat().replace("+00:00", "Z"),
        }
    ]
    assert end.json() == {"results": [], "next": page["next"]}
    same = api.get(URL, {"since": page["next"]}, headers={"if-none-match": end.headers["ETag"]})
    assert same.status_code == 304


@pytest.mark.parametrize(
    "since",
    [
        "nope",
        "",
        cursor_of(FOLLOWED, "x" * 32, 1, uuid4(), 1),
        cursor_of(FOLLOWED, "0" * 32, "١", uuid4(), 1),
        cursor_of(FOLLOWED, "0" * 32, -1, uuid4(), 1),
        cursor_of(FOLLOWED, "0" * 32, "9" * 19, uuid4(), 1),
        cursor_of(FOLLOWED, "0" * 32, 1, "nobody", 1),
        cursor_of(FOLLOWED, "0" * 32, 1, uuid4()),
        cursor_of(FOLLOWED, "0" * 32, 1, uuid4(), "1; DROP TABLE content_changes"),
    ],
)
def test_what_is_no_cursor_is_refused(api: APIClient, since: str) -> None:
    answer = api.get(URL, {"since": since})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.json()["errors"][0]["field"] == "since"


def test_a_follower_that_polls_while_a_title_changes_every_time_still_gets_it() -> None:
    content = made("Title 0")
    follower, ended = Follower(), threading.Event()

    def write() -> None:
        try:
            for number in range(1, 40):
                content.title = f"Title {number}"
                content_save(content=content)
        finally:
            ended.set()
            connections.close_all()

    with ThreadPoolExecutor(1) as other:
        writing = other.submit(write)
        while not ended.is_set():
            follower.poll()
        writing.result()
    follower.catch_up()

    assert follower.picture == {content.content_id: "Title 39"}
