"""Comparing the two sides: in ranges, whole, and without an alarm while writers are at work."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connections

from analytics.models import User, WatchHistory
from analytics.replication import published_columns
from streaming.stores.replication import checking, setup
from streaming.stores.replication.checking import Difference, check
from streaming.stores.replication.position import ReplicaBehind
from tests.factories import UserFactory, WatchHistoryFactory

REPLICA = "analytics_replica"
Replicated = Callable[[], None]


@pytest.fixture
def altered(replicated: Replicated, alone_on_servers: None) -> Iterator[Replicated]:
    """`replicated`, for tests that write the replica by hand. Afterwards it has the primary's rows again: a change
    that meets none would be counted against the replica in later tests.
    """
    yield replicated
    replicated()
    for model in (WatchHistory, User):
        model.objects.using(REPLICA).all()._raw_delete(REPLICA)
    User.objects.using(REPLICA).bulk_create(User.objects.using("default"))
    WatchHistory.objects.using(REPLICA).bulk_create(WatchHistory.objects.using("default"))


@pytest.fixture
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "ROWS_IN_RANGE", 5)


def test_equal_sides_are_equal_and_every_row_is_compared(replicated: Replicated, small_ranges: None) -> None:
    users = UserFactory.create_batch(12)
    WatchHistoryFactory(user=users[0])
    replicated()
    told: list[int] = []

    found = check(published_columns(), limit=20, advance=told.append)

    assert found.equal
    assert (found.rows, found.ranges) == (13, 4)
    assert told == [5, 5, 2, 1]


def test_no_rows_at_all_are_equal(replicated: Replicated) -> None:
    replicated()

    assert (check(published_columns(), limit=1).rows, check(published_columns(), limit=1).equal) == (0, True)


def test_each_kind_of_difference_is_named_and_counted_past_the_limit(
    altered: Replicated, small_ranges: None
) -> None:
    users = sorted(UserFactory.create_batch(30), key=lambda user: user.pk)
    altered()
    there = User.objects.using(REPLICA)
    there.filter(pk=users[0].pk).update(
        username="other", registration_date=users[0].registration_date + timedelta(1)
    )
    there.filter(pk__in=[user.pk for user in users[10:14]])._raw_delete(REPLICA)
    last = UUID(int=(1 << 128) - 1)
    there.bulk_create([User(pk=last, username="last")])

    found = check(published_columns(), limit=3)

    assert not found.equal
    assert found.counts == {checking.MISSING: 4, checking.EXTRA: 1, checking.CHANGED: 1}
    assert found.differences == [
        Difference("users", str(users[0].pk), checking.CHANGED, ("username", "registration_date")),
        *(Difference("users", str(user.pk), checking.MISSING) for user in users[10:12]),
    ]
    assert str(check(published_columns(), limit=99).differences[-1]) == f"users {last}: only on the replica"


def test_many_rows_that_are_only_on_the_replica_are_looked_at_in_parts(
    altered: Replicated, small_ranges: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One open range of an empty primary would else be read into memory whole."""
    altered()
    User.objects.using(REPLICA).bulk_create([User(username=f"stray{n}") for n in range(35)])
    sizes: list[int] = []
    hashes = checking._hashes

    def counted(alias: str, part: checking._Range) -> checking.Hashes:
        held = hashes(alias, part)
        sizes.append(len(held))
        return held

    monkeypatch.setattr(checking, "_hashes", counted)

    found = check(published_columns(), limit=0)

    assert found.counts[checking.EXTRA] == 35
    assert max(sizes) == 10


def test_writers_at_work_raise_no_alarm(replicated: Replicated, small_ranges: None) -> None:
    """Rows under way are on one side only: without a second look each would count as a difference."""
    users = UserFactory.create_batch(20)
    stop = threading.Event()
    written = 0

    def write() -> None:
        nonlocal written
        while not stop.is_set():
            user = users[written % len(users)]
            User.objects.filter(pk=user.pk).update(username=f"{user.username}-{written}")
            UserFactory(username=f"new-{written}").delete()
            written += 1
        connections.close_all()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        found = [check(published_columns(), limit=5) for _ in range(5)]
    finally:
        stop.set()
        writer.join()

    assert written > 5
    assert [(comparison.counts, comparison.unsettled) for comparison in found] == [
        ({checking.MISSING: 0, checking.EXTRA: 0, checking.CHANGED: 0}, 0)
    ] * 5


def test_a_replica_that_applies_nothing_is_not_called_different(
    altered: Replicated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "CATCH_UP_SECONDS", 0.2)
    altered()
    run(REPLICA, f"ALTER SUBSCRIPTION {setup.SUBSCRIPTION} DISABLE")
    try:
        UserFactory()
        with pytest.raises(ReplicaBehind):
            check(published_columns(), limit=1)
    finally:
        run(REPLICA, f"ALTER SUBSCRIPTION {setup.SUBSCRIPTION} ENABLE")
        altered()


def test_a_column_of_another_type_is_named_and_the_others_are_compared(altered: Replicated) -> None:
    user = UserFactory()
    altered()
    run(REPLICA, "ALTER TABLE users ALTER COLUMN username TYPE text")
    try:
        User.objects.using(REPLICA).update(registration_date=user.registration_date + timedelta(1))
        found = check(published_columns(), limit=5)
    finally:
        run(REPLICA, "ALTER TABLE users ALTER COLUMN username TYPE varchar(150)")

    assert found.structure == [
        "column users.username is text on the replica, character varying(150) on the primary"
    ]
    assert [difference.columns for difference in found.differences] == [("registration_date",)]


def run(alias: str, statement: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)
