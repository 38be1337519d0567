"""What time alone changes is noted for those who follow the feed, whatever happens to the worker meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext

from catalog.models import Change, Content
from catalog.services import content_save, contents_touch, visibility_tick
from catalog.services import visibility as ticking
from streaming.stores.aliases import CATALOG
from tests.factories import ContentFactory, WindowFactory, indexed

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
Window = tuple[str, datetime | None, datetime | None]


def later_than(**passed: float) -> datetime:
    return datetime.now(UTC) - timedelta(**passed)


def title_saved(at: datetime, *windows: Window, monkeypatch: pytest.MonkeyPatch, **fields: Any) -> Content:
    """A title as it was saved at a moment of the past: only the clock of the services is another."""
    title: Content = ContentFactory(**fields)
    for territory, starts_at, ends_at in windows:
        WindowFactory(content=title, territory=territory, starts_at=starts_at, ends_at=ends_at)
    with monkeypatch.context() as clock:
        clock.setattr("catalog.services.touching.timezone.now", lambda: at)
        contents_touch([title.content_id])
    return title


def positions() -> dict[Any, tuple[int, str, bool]]:
    rows = Change.objects.using(CATALOG).values_list("content_id", "position", "kind", "shown")
    return {content_id: (position, kind, shown) for content_id, position, kind, shown in rows}


def due_at(title: Content) -> datetime | None:
    return Content.objects.using(CATALOG).values_list("next_change_at", flat=True).get(pk=title.pk)


def test_a_save_says_when_time_changes_a_title_next(stores: None) -> None:
    now = datetime.now(UTC)
    soon, end = now + DAY, now + 2 * DAY
    scheduled = ContentFactory.build(published_at=soon)
    content_save(content=scheduled)
    windowed = ContentFactory()
    WindowFactory(content=windowed, territory="DE", starts_at=None, ends_at=end)
    indexed(windowed)
    draft = ContentFactory.build(status="draft", published_at=soon)
    content_save(content=draft)
    lasting = ContentFactory.build()
    content_save(content=lasting)

    assert [due_at(title) for title in (scheduled, windowed, draft, lasting)] == [soon, end, None, None]

    scheduled.published_at = now - DAY
    content_save(content=scheduled)
    windowed.windows.all().delete()
    indexed(windowed)
    assert [due_at(scheduled), due_at(windowed)] == [None, None]


def test_what_has_become_due_is_noted_once(stores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    saved, passed, ahead = later_than(days=2), later_than(days=1), datetime.now(UTC) + DAY
    came = title_saved(saved, published_at=passed, monkeypatch=monkeypatch)
    opened = title_saved(saved, ("DE", passed, ahead), monkeypatch=monkeypatch)
    ended = title_saved(saved, ("DE", None, passed), monkeypatch=monkeypatch)
    opened_and_ended = title_saved(saved, ("DE", passed - SECOND, passed), monkeypatch=monkeypatch)
    waits = title_saved(saved, ("DE", ahead, None), monkeypatch=monkeypatch)
    before = positions()
    assert [before[title.pk][2] for title in (came, opened, ended, opened_and_ended, waits)] == [
        *(False, False, True, False, False)
    ]

    assert visibility_tick() == 4

    after = positions()
    noted = {pk for pk in after if after[pk] != before[pk]}
    assert noted == {came.pk, opened.pk, ended.pk, opened_and_ended.pk}
    assert {after[title.pk][1:] for title in (came, opened)} == {("saved", True)}
    assert {after[title.pk][1:] for title in (ended, opened_and_ended)} == {("hidden", True)}
    assert [due_at(title) for title in (came, opened, ended, opened_and_ended, waits)] == [
        *(None, ahead, None, None, ahead)
    ]
    assert visibility_tick() == 0
    assert positions() == after


def test_a_change_s_time_is_that_of_its_title(stores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """By it a reader of the feed tells whether a shard shows the change."""
    title = title_saved(later_than(days=2), published_at=later_than(days=1), monkeypatch=monkeypatch)

    visibility_tick()

    title.refresh_from_db()
    assert Change.objects.using(CATALOG).get(pk=title.pk).at == title.updated_at
    assert title.updated_at > later_than(minutes=1)


def test_more_than_a_batch_is_noted_in_several(stores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticking, "AT_ONCE", 2)
    for _ in range(5):
        title_saved(later_than(days=2), published_at=later_than(days=1), monkeypatch=monkeypatch)

    assert visibility_tick() == 5
    assert visibility_tick() == 0


def test_a_tick_that_ends_midway_is_made_up_for_by_the_next(
    stores: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keeps away: a title whose moment was taken off the list while its change was never noted."""
    monkeypatch.setattr(ticking, "AT_ONCE", 1)
    titles = [
        title_saved(later_than(days=2), published_at=later_than(hours=hours), monkeypatch=monkeypatch)
        for hours in (3, 2, 1)
    ]
    before = positions()

    with monkeypatch.context() as killed:
        calls: list[int] = []

        def touch_and_die(ids: set[UUID]) -> None:
            contents_touch(ids)
            calls.append(1)
            if len(calls) == 2:
                raise KeyboardInterrupt

        killed.setattr(ticking, "contents_touch", touch_and_die)
        with pytest.raises(KeyboardInterrupt):
            visibility_tick()

    midway = positions()
    assert [midway[title.pk] != before[title.pk] for title in titles] == [True, False, False]
    assert [due_at(title) is None for title in titles] == [True, False, False]
    assert visibility_tick() == 2
    assert all(positions()[title.pk] != before[title.pk] for title in titles)


def test_two_workers_note_each_title_once(stores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    titles = [
        title_saved(later_than(days=2), published_at=later_than(days=1), monkeypatch=monkeypatch)
        for _ in range(20)
    ]
    together = Barrier(2, timeout=20)
    found = ticking._longest_due

    def found_by_both(now: datetime) -> list[UUID]:
        rows = found(now)
        if rows:
            together.wait()
        return rows

    monkeypatch.setattr(ticking, "_longest_due", found_by_both)
    with ThreadPoolExecutor(2) as workers:
        noted = [worker.result() for worker in [workers.submit(_tick_once) for _ in range(2)]]

    assert sorted(noted) == [0, 20]
    assert all(due_at(title) is None for title in titles)


def _tick_once() -> int:
    try:
        return visibility_tick()
    finally:
        connections.close_all()


def test_a_title_that_an_editor_saves_meanwhile_is_left_to_them(
    stores: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    title = title_saved(later_than(days=2), published_at=later_than(days=1), monkeypatch=monkeypatch)
    due = ticking._longest_due(datetime.now(UTC))
    with transaction.atomic(using=CATALOG):
        title.refresh_from_db()
        title.published_at = datetime.now(UTC) + DAY
        content_save(content=title)
    before = positions()

    with CaptureQueriesContext(connections[CATALOG]) as queries:
        assert ticking._note(due, datetime.now(UTC)) == 0

    assert [query["sql"] for query in queries if "UPDATE" in query["sql"]] == []
    assert positions() == before
    assert due_at(title) == title.published_at
