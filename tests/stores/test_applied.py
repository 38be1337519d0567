"""The replica's applied position: never past what is visible there, and not far behind it either."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.sessions.models import Session
from django.db import connections
from django.utils import timezone

from analytics.models import User
from streaming.stores.replication import applied
from streaming.stores.statements import scalar
from tests.factories import UserFactory
from tests.lagging import stuck_replica
from tests.served import until


@pytest.fixture
def unfinished(replicated: Callable[[], None], alone_on_servers: None) -> Iterator[User]:
    """A user whose insert the apply worker has committed and not yet made visible: it waits for a standby that
    never comes."""
    replicated()
    commit_waits_for("'nobody'", "on")
    user = UserFactory()
    until(lambda: waits_for_standby() or visible(user.user_id), "the insert is applied")
    while visible(user.user_id):  # by the worker of before, which restarts when it notices the new setting
        user = UserFactory()
        until(lambda: waits_for_standby() or visible(user.user_id), "the insert is applied")  # noqa: B023
    yield user
    commit_waits_for("DEFAULT", "off")


def test_the_position_comes_to_what_is_committed(stores: None) -> None:
    target = written_after(UserFactory)

    until(lambda: position() >= target, "the commit is applied")

    assert (applied.position_through_catalog() or 0) >= target


def test_the_position_comes_to_what_is_written_in_tables_that_are_not_published(stores: None) -> None:
    """Else a replica that has everything would look behind for as long as only sessions are written."""
    target = written_after(
        lambda: Session.objects.create(session_key=uuid4().hex, session_data="", expire_date=timezone.now())
    )

    until(lambda: position() >= target, "the position is past it")


def test_the_last_commits_before_a_quiet_time_count_at_once(stores: None) -> None:
    """By keepalives alone about one in 160 took until the primary's next WAL, up to 15 seconds."""
    for _ in range(50):
        target = written_after(UserFactory)
        until(lambda: position() >= target, "the commit is applied")  # noqa: B023


def test_the_position_stands_still_while_the_worker_is_stuck(replicated: Callable[[], None]) -> None:
    replicated()
    with stuck_replica():
        target = written_after(UserFactory)
        assert position() < target
    until(lambda: position() >= target, "the commit is applied")


def test_a_commit_that_is_not_yet_visible_does_not_count(unfinished: User) -> None:
    """The subscription's origin moves before its commit can be seen; alone it would have let stale reads through."""
    until(lambda: position() < origin(), "the origin has moved")

    assert not visible(unfinished.user_id)
    assert position() < origin()


def test_whatever_the_position_has_passed_is_visible(stores: None) -> None:
    """Writers commit while a reader asks for the position, and then for the rows that it must show."""
    notes: list[tuple[int, UUID]] = []
    stop = threading.Event()
    writers = [threading.Thread(target=write, args=(notes, stop)) for _ in range(3)]
    for writer in writers:
        writer.start()
    missing: list[UUID] = []
    checked = 0
    try:
        while checked < 300:
            noted = notes[-20:]
            reached = position()
            due = [user_id for lsn, user_id in noted if lsn <= reached]
            missing += [user_id for user_id in due if not visible(user_id)]
            checked += len(due)
    finally:
        stop.set()
        for writer in writers:
            writer.join()

    assert missing == []


def write(notes: list[tuple[int, UUID]], stop: threading.Event) -> None:
    try:
        while not stop.is_set():
            user = UserFactory(username=uuid4().hex)
            notes.append((written_after(lambda: None), user.user_id))
    finally:
        connections.close_all()


def commit_waits_for(names: str, synchronous_commit: str) -> None:
    with closing(connections["analytics_replica"].copy()) as other, other.cursor() as cursor:
        cursor.execute(f"ALTER SYSTEM SET synchronous_standby_names = {names}")
        cursor.execute("SELECT pg_reload_conf()")
        cursor.execute(f"ALTER SUBSCRIPTION analytics_sub SET (synchronous_commit = '{synchronous_commit}')")


def waits_for_standby() -> bool:
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'SyncRep'"
    )
    return bool(scalar("analytics_replica", waiting))


def written_after(act: Callable[[], Any]) -> int:
    act()
    return applied.lsn_or_none(scalar("default", "SELECT pg_current_wal_insert_lsn()::text")) or 0


def position() -> int:
    return applied.position() or 0


def origin() -> int:
    progress = scalar(
        "analytics_replica",
        """SELECT pg_replication_origin_progress('pg_' || oid, false)::text FROM pg_subscription
            WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())""",
    )
    return applied.lsn_or_none(progress) or 0


def visible(user_id: UUID) -> bool:
    return User.objects.using("analytics_replica").filter(user_id=user_id).values("pk").exists()
