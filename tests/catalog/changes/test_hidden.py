"""A title that nobody can see is told as deleted once, whatever becomes of it while it stays hidden."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone

from catalog.changes.keeping import changes_fill
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
from tests.catalog.changes.following import Follower, public_catalog
from tests.catalog.changes.test_feed import made, told
from tests.factories import GenreFactory, SeasonFactory, WindowFactory
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


def test_a_title_that_stays_hidden_is_not_written_again() -> None:
    title = made()
    set_status(title, ARCHIVED)
    before = Change.objects.values_list().get(content_id=title.content_id)
    edit(title)
    assert Change.objects.values_list().get(content_id=title.content_id) == before
