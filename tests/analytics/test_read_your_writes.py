"""Viewers read their own plays as soon as they are acknowledged, whatever the replica does, and mostly on the replica.

`bench/read_your_writes.py` does the same with a thousand viewers over HTTP's services for ten seconds of lag.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connections, transaction
from django.test import Client
from prometheus_client import REGISTRY
from pytest_django import Settings
from rest_framework.test import APIClient

from analytics.models import User, WatchHistory
from analytics.selectors import plays_page
from analytics.services import play_record, user_register
from streaming.stores import replica
from streaming.stores.aliases import CATALOG, REPLICA
from streaming.stores.replication import tokens
from tests.admin_pages import superuser, values_of
from tests.factories import LONG_AGO, UserFactory, WatchHistoryFactory
from tests.lagging import stuck_replica
from tests.outages import away
from tests.served import until

VIEWERS = 200
THREADS = 8
PASSWORD = "correct horse battery"
REASONS = {"caught_up", "own_write", "lagging", "unproven", "failed", "state_away", "not_ready"}


@pytest.fixture
def viewers(replicated: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """As many accounts, on the replica too, and a process that has just seen it caught up."""
    monkeypatch.setattr(replica, "_process", replica._Process())
    users = User.objects.bulk_create(UserFactory.build_batch(VIEWERS))
    replicated()
    until(replica.usable, "the replica is seen to have caught up")
    return [user.user_id for user in users]


@pytest.mark.parametrize(("limit", "reasons"), [(60, {"own_write"}), (1, {"own_write", "lagging"})])
def test_no_viewer_misses_an_own_play_while_the_replica_lags(
    viewers: list[UUID], settings: Settings, limit: int, reasons: set[str]
) -> None:
    """By the tokens alone, and with the replica left for everybody before the end."""
    settings.REPLICA_LAG_LIMIT_SECONDS = limit
    with served() as counts, stuck_replica():
        stale = rounds(viewers, seconds=2)
        stood_still = counts()
    assert stale == []
    assert {reason for reason, count in stood_still.items() if count} == reasons
    assert sum(stood_still.values()) >= VIEWERS

    until(replica.usable, "the replica is used again")
    assert rounds(viewers, seconds=0) == []


def test_of_a_replica_that_has_caught_up_over_95_percent_of_history_is_read(
    viewers: list[UUID], replicated: Callable[[], None]
) -> None:
    assert rounds(viewers, seconds=0) == []
    replicated()

    with served() as counts:
        for viewer in viewers:
            assert len(plays_page(user_id=viewer, after=None, limit=10)) == 1

    assert sum(counts().values()) == VIEWERS
    assert counts()["caught_up"] / VIEWERS > 0.95


def test_a_play_is_stored_once_however_often_it_is_sent(stores: None) -> None:
    viewer, event = UserFactory().user_id, uuid4()

    assert [record(viewer, event) for _ in range(3)] == [True, False, False]
    assert record(UserFactory().user_id, event) is True  # another viewer's event of that id
    assert WatchHistory.objects.filter(user=viewer).count() == 1


def test_a_play_sent_ten_times_at_once_is_stored_once(stores: None) -> None:
    viewer, event = UserFactory().user_id, uuid4()

    def send(_: int) -> bool:
        try:
            return record(viewer, event)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        assert sorted(pool.map(send, range(10))) == [False] * 9 + [True]


def test_a_play_sent_again_has_its_viewer_s_reads_wait_too(stores: None) -> None:
    """Its first sender may have died between the commit and the token."""
    viewer, event = UserFactory().user_id, uuid4()
    record(viewer, event)
    first = tokens.needed(user_id=viewer)
    record(viewer, event)

    assert tokens.needed(user_id=viewer) >= first > 0


@pytest.mark.parametrize("wrong", [{"user_id": uuid4()}, {"last_position_seconds": -1}])
def test_a_play_of_nobody_or_of_negative_length_is_an_error(stores: None, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        play_record(
            **{
                "user_id": UserFactory().user_id,
                "content_id": uuid4(),
                "event_id": uuid4(),
                "watched_at": LONG_AGO,
                "duration_watched_seconds": 1,
                "last_position_seconds": 1,
            }
            | wrong
        )


def test_nothing_is_noted_for_a_play_that_is_rolled_back(stores: None) -> None:
    viewer = UserFactory().user_id
    with pytest.raises(ZeroDivisionError), transaction.atomic(using="default"):
        record(viewer, uuid4())
        _ = 1 / 0

    assert tokens.needed(user_id=viewer) == 0


def test_a_play_is_stored_although_the_state_is_away(stores: None) -> None:
    viewer = UserFactory().user_id
    with away("state"):
        assert record(viewer, uuid4()) is True
        assert len(plays_page(user_id=viewer, after=None, limit=10)) == 1


@pytest.mark.usefixtures("quick_passwords")
def test_registering_and_the_admin_note_what_they_wrote(stores: None) -> None:
    admin = superuser()
    user = user_register(username="ada", email="ada@example.org", password=PASSWORD)
    registered = tokens.needed(user_id=user.user_id)
    page = f"/admin/analytics/user/{user.user_id}/change/"

    answer = admin.post(page, values_of(admin.get(page)) | {"username": "lovelace"})

    assert answer.status_code == 302
    assert tokens.needed(user_id=user.user_id) > registered > 0
    assert User.objects.get(pk=user.pk).username == "lovelace"


def test_a_renamed_viewer_s_own_history_has_the_new_name_at_once(stores: None) -> None:
    admin = superuser()
    play = WatchHistoryFactory(user__username="ada")
    page = f"/admin/analytics/user/{play.user_id}/change/"
    with stuck_replica():
        admin.post(page, values_of(admin.get(page)) | {"username": "lovelace"})

        (shown,) = plays_page(user_id=play.user_id, after=None, limit=10)

    assert shown["username"] == "lovelace"


@pytest.mark.usefixtures("quick_passwords")
def test_writes_accounts_and_the_admin_never_read_the_replica(stores: None, api: APIClient) -> None:
    """They decide by what they read: a row that is late would be a name taken twice, or a login refused."""
    viewer = UserFactory()
    WatchHistoryFactory(user=viewer)
    admin = superuser()
    page = f"/admin/analytics/user/{viewer.user_id}/change/"
    account = {"username": "ada", "email": "ada@example.org", "password": PASSWORD}
    replica.forget()
    with nobody_reads_the_replica():
        assert api.post("/api/v1/auth/register", account, format="json").status_code == 201
        login = {"username": "ada", "password": PASSWORD}
        pair = api.post("/api/v1/auth/token", login, format="json").json()
        renewed = api.post("/api/v1/auth/token/refresh", {"refresh": pair["refresh"]}, format="json")
        assert renewed.status_code == 200
        out = api.post("/api/v1/auth/logout", {"refresh": renewed.json()["refresh"]}, format="json")
        assert out.status_code == 204
        assert record(viewer.user_id, uuid4()) is True
        assert Client().login(username="ada", password=PASSWORD)
        for address in (
            "user/",
            f"user/?q={viewer.username}",
            "watchhistory/",
            f"watchhistory/?q={viewer.pk}",
        ):
            assert admin.get(f"/admin/analytics/{address}").status_code == 200
        assert admin.post(page, values_of(admin.get(page)) | {"username": "lovelace"}).status_code == 302


@contextmanager
def nobody_reads_the_replica() -> Iterator[None]:
    """Fails at any statement on the replica, and at any of a foreign table."""

    def refuse(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        on_replica = context["connection"].alias == REPLICA
        assert not on_replica and "analytics." not in str(sql), f"read the replica: {sql}"
        return run(sql, params, many, context)

    with ExitStack() as stack:
        for alias in (REPLICA, CATALOG):
            stack.enter_context(connections[alias].execute_wrapper(refuse))
        yield


def rounds(viewers: list[UUID], *, seconds: float) -> list[UUID]:
    """Every viewer writes a play and reads, at least once and until the time is over. Those who missed the play."""
    until_time = time.monotonic() + seconds

    def live(some: list[UUID]) -> list[UUID]:
        try:
            stale: list[UUID] = []
            while True:
                stale += [viewer for viewer in some if not sees_own(viewer)]
                if time.monotonic() >= until_time:
                    return stale
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        shares = [viewers[n::THREADS] for n in range(THREADS)]
        return [viewer for stale in pool.map(live, shares) for viewer in stale]


def sees_own(viewer: UUID) -> bool:
    content = uuid4()
    record(viewer, uuid4(), content_id=content)
    page = plays_page(user_id=viewer, after=None, limit=1000)
    return content in {play["content_id"] for play in page}


def record(viewer: UUID, event: UUID, *, content_id: UUID | None = None) -> bool:
    return play_record(
        user_id=viewer,
        content_id=content_id or uuid4(),
        event_id=event,
        watched_at=LONG_AGO + timedelta(minutes=1),
        duration_watched_seconds=60,
        last_position_seconds=60,
    )


@contextmanager
def served() -> Iterator[Callable[[], dict[str, float]]]:
    """Pages of history by the reason why the primary gave them, or `caught_up`, since the block began."""

    def now() -> dict[str, float]:
        return {
            reason: REGISTRY.get_sample_value(
                "streaming_history_reads_total",
                {
                    "page": "history",
                    "source": "replica" if reason == "caught_up" else "primary",
                    "reason": reason,
                },
            )
            or 0.0
            for reason in REASONS
        }

    before = now()
    yield lambda: {reason: count - before[reason] for reason, count in now().items()}
