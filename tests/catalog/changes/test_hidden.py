"""A title that nobody can see is told as deleted once, whatever becomes of it while it stays hidden."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone

from catalog.changes.keeping import changes_fill
from catalog.changes.reading import APART
from catalog.merging import content_unmerge, contents_merge
from catalog.models import AvailabilityWindow, Change, Content
from catalog.search.rebuilding import stale_rewrite
from catalog.services import (
    children_save,
    content_delete,
    content_save,
    contents_set_status,
    contents_touch,
    term_save,
    visibility_tick,
)
from streaming.stores.aliases import CATALOG
from tests.catalog.changes.following import Follower, public_catalog, wait_for_others
from tests.catalog.changes.test_feed import made, told
from tests.factories import LONG_AGO, GenreFactory, SeasonFactory, WindowFactory
from tests.served import until

pytestmark = pytest.mark.usefixtures("stores")
ARCHIVED, DRAFT, PUBLISHED = Content.Status.ARCHIVED, Content.Status.DRAFT, Content.Status.PUBLISHED


def set_status(title: Content, status: Content.Status) -> None:
    contents_set_status(content_ids=[title.content_id], status=status)
    title.refresh_from_db()


def edit(title: Content) -> None:
    """Several ways of writing a title, one after the other."""
    title.summary += "."
    content_save(content=title)
    children_save(content=title, saved=[SeasonFactory.build(content=title)], deleted=[])
    contents_touch([title.content_id])
    visibility_tick()


@pytest.mark.parametrize("status", [ARCHIVED, DRAFT])
def test_edits_of_a_title_that_left_are_not_told_and_its_return_is(status: Content.Status) -> None:
    """Keeps away: a `deleted` for each edit of an archived title."""
    title = made()
    _, cursor = told()

    for _ in range(2):
        set_status(title, status)
        changed, cursor = told(cursor)
        assert changed == [(title.content_id, "deleted")]
        edit(title)
        set_status(title, DRAFT if status == ARCHIVED else ARCHIVED)
        set_status(title, status)
        assert told(cursor) == ([], cursor)
        set_status(title, PUBLISHED)
        edit(title)
        changed, cursor = told(cursor)
        assert changed == [(title.content_id, "updated")]

    set_status(title, status)
    edit(title)
    content_delete(content=title)
    assert told(cursor)[0] == [(title.content_id, "deleted")]


def test_a_title_whose_licence_ended_is_told_once_and_again_when_a_new_one_begins() -> None:
    title = made()
    window = WindowFactory(content=title, starts_at=None, ends_at=timezone.now() + timedelta(seconds=1))
    contents_touch([title.content_id])
    _, cursor = told()
    until(lambda: not public_catalog(), "its licence ends", seconds=10)
    visibility_tick()
    changed, cursor = told(cursor)
    assert changed == [(title.content_id, "deleted")]

    edit(title)
    assert told(cursor)[0] == []

    AvailabilityWindow.objects.filter(pk=window.pk).update(ends_at=None)
    contents_touch([title.content_id])
    assert told(cursor)[0] == [(title.content_id, "updated")]


def test_a_merged_title_is_told_as_such_once() -> None:
    loser, survivor = made("Loser"), made("Survivor")
    _, cursor = told()
    contents_merge(loser_id=loser.content_id, survivor_id=survivor.content_id)
    changed, cursor = told(cursor)
    assert set(changed) == {(loser.content_id, "merged"), (survivor.content_id, "updated")}

    contents_touch([loser.content_id])
    assert told(cursor)[0] == []

    content_unmerge(content_id=loser.content_id)
    assert (loser.content_id, "updated") in told(cursor)[0]


def test_a_genre_that_is_renamed_is_told_of_what_can_be_seen() -> None:
    genre = GenreFactory(name="Thriller")
    hidden, shown = made("Hidden"), made("Shown")
    for title in (hidden, shown):
        content_save(content=title, links={"genres": [genre]})
    set_status(hidden, ARCHIVED)
    _, cursor = told()

    genre.name = "Suspense"
    term_save(term=genre)
    stale_rewrite(most=10)

    assert told(cursor)[0] == [(shown.content_id, "updated")]


def test_what_a_clock_shows_while_somebody_archives_it_is_told_as_deleted_to_who_saw_it() -> None:
    """Keeps away: a title that a reader keeps for good. It was told as deleted before; its date came after the
    archiving began and before that was committed, and the reader came in between."""
    title = made()
    set_status(title, ARCHIVED)
    title.status, title.published_at = PUBLISHED, timezone.now() + timedelta(seconds=2)
    content_save(content=title)
    follower = Follower()

    with transaction.atomic(using=CATALOG):
        contents_set_status(content_ids=[title.content_id], status=ARCHIVED)
        with ThreadPoolExecutor(1) as other:
            other.submit(_until_seen, follower).result()
    assert set(follower.picture) == {title.content_id}

    follower.catch_up()

    assert follower.picture == {} == public_catalog()


def _until_seen(follower: Follower) -> None:
    def seen() -> bool:
        follower.cursor = None  # each time as one who begins
        follower.poll()
        return bool(follower.picture)

    try:
        until(seen, "its date comes", seconds=20)
    finally:
        connections.close_all()


@pytest.mark.parametrize("away", [content_delete, lambda content: set_status(content, ARCHIVED)])
def test_what_was_published_past_the_services_is_noted_by_fill(away: Callable[..., Any]) -> None:
    """Keeps away: that its end is nobody's business, for the feed last knew of it as hidden."""
    left, never, deleted = made("Left"), made("Never shown", status="draft"), made("Deleted")
    set_status(left, ARCHIVED)
    edit(never)
    content_delete(content=deleted)
    Content.objects.create(
        **{
            name: getattr(deleted, name)
            for name in ("content_id", "title", "content_type", "status", "published_at")
        }
    )
    contents = [left, never, deleted]
    _, cursor = told()
    now = timezone.now()
    Content.objects.filter(content_id__in=[left.content_id, never.content_id]).update(
        status="published", published_at=now
    )

    assert changes_fill() == 3
    assert changes_fill() == 0

    changed, cursor = told(cursor)
    assert {key for key, _ in changed} == {each.content_id for each in contents}
    assert "deleted" not in dict(changed).values()
    away(content=left)
    assert told(cursor)[0] == [(left.content_id, "deleted")]


@pytest.mark.parametrize("status", [ARCHIVED, DRAFT])
def test_a_title_that_left_and_is_deleted_then_is_told_as_deleted_once(status: Content.Status) -> None:
    """Keeps away: a second `deleted` for what nobody can have seen since the first, whether it goes for good or comes
    back hidden."""
    title = made()
    begun, cursor = Follower(), told()[1]
    begun.catch_up()
    set_status(title, status)
    changed, after = told(cursor)
    assert changed == [(title.content_id, "deleted")]

    content_delete(content=title)
    assert told(after) == ([], after)
    changes, _ = told(cursor)
    assert changes == [(title.content_id, "deleted")], "who has not read it yet is told all the same"
    assert Change.objects.get(content_id=title.content_id).kind == Change.Kind.DELETED
    begun.catch_up()
    assert begun.picture == {}

    made(content_id=title.content_id, status=status)
    assert told(after) == ([], after)
    contents_set_status(content_ids=[title.content_id], status=PUBLISHED)
    assert told(after)[0] == [(title.content_id, "updated")]


def test_what_was_published_past_the_services_is_told_as_deleted_though_it_was_hidden_before() -> None:
    """Who reads the title may have it: the row moves."""
    title = made()
    set_status(title, ARCHIVED)
    _, cursor = told()
    Content.objects.filter(content_id=title.content_id).update(status=PUBLISHED)

    content_delete(content=title)

    assert told(cursor)[0] == [(title.content_id, "deleted")]


def test_who_begins_is_told_of_nothing_that_was_hidden_before_and_of_all_that_is_hidden_since() -> None:
    """Keeps away: a new reader that pages through every archived title, and one that keeps what left as it began."""
    before, since, stays = made("Before"), made("Since"), made("Stays")
    set_status(before, ARCHIVED)
    follower = Follower(limit=1)

    assert told()[0] == [(since.content_id, "created"), (stays.content_id, "created")]
    wait_for_others()
    follower.poll()
    assert set(follower.picture) == {since.content_id}
    set_status(since, ARCHIVED)
    content_delete(content=before)
    follower.catch_up()
    assert follower.picture == {stays.content_id: "Stays"} == public_catalog()

    set_status(since, PUBLISHED)
    follower.catch_up()
    assert follower.picture == public_catalog()


@pytest.fixture
def clock_behind(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Sets the clock of whoever reads from now on back."""
    right = timezone.now

    def set_back(by: timedelta) -> None:
        monkeypatch.setattr(timezone, "now", lambda: right() - by)

    return set_back


def test_what_was_noted_as_hidden_is_never_told_as_public_by_a_clock_that_is_behind(
    clock_behind: Callable[[timedelta], None],
) -> None:
    """Keeps away: a title that a follower keeps until somebody publishes it. Its licence ended by the worker's clock,
    and by that of the web server not yet."""
    title = made(published_at=LONG_AGO)
    WindowFactory(content=title, starts_at=None, ends_at=timezone.now() + timedelta(seconds=1))
    contents_touch([title.content_id])
    _, cursor = told()
    until(lambda: not public_catalog(), "its licence ends", seconds=10)
    visibility_tick()
    assert Change.objects.get(content_id=title.content_id).kind == Change.Kind.HIDDEN

    clock_behind(2 * APART)

    assert set(public_catalog()) == {title.content_id}
    assert told(cursor)[0] == [(title.content_id, "deleted")]


def test_nor_is_what_a_date_showed_told_as_hidden_by_it(clock_behind: Callable[[timedelta], None]) -> None:
    """Keeps away: a follower that misses a title until somebody writes it, for its row is not moved again."""
    title = made(published_at=timezone.now() + timedelta(seconds=1))
    _, cursor = told()
    until(lambda: bool(public_catalog()), "its date comes", seconds=10)
    visibility_tick()

    clock_behind(2 * APART)

    assert not public_catalog()
    assert told(cursor)[0] == [(title.content_id, "created")]


def test_what_is_ahead_of_the_reader_s_clock_is_told_once_that_has_come_to_it(
    clock_behind: Callable[[timedelta], None],
) -> None:
    """Keeps away: a follower that asks for the title at once, is told 404, drops it, and hears no more of it. What is
    behind that row waits with it, so that nothing is passed over."""
    first, ahead, last = (made() for _ in range(3))
    to_come = timezone.now() + APART / 2
    Change.objects.filter(content_id=ahead.content_id).update(at=to_come)
    Content.objects.filter(content_id=ahead.content_id).update(updated_at=to_come)

    before, cursor = told()
    assert before == [(first.content_id, "created")]
    assert told(cursor)[0] == []

    clock_behind(-APART)
    assert told(cursor)[0] == [(ahead.content_id, "created"), (last.content_id, "created")]


def test_a_title_that_stays_hidden_is_not_written_again() -> None:
    title = made()
    set_status(title, ARCHIVED)
    before = Change.objects.values_list().get(content_id=title.content_id)
    edit(title)
    assert Change.objects.values_list().get(content_id=title.content_id) == before
