"""Reads of people and plays with and without the replica: the same pages, and a count of who gave them."""

from collections.abc import Callable

import pytest
from prometheus_client import REGISTRY

from analytics import selectors
from streaming.stores import replica
from streaming.stores.outage import StoreUnavailable
from tests.factories import LONG_AGO, UserFactory, WatchHistoryFactory


def from_primary(page: str, reason: str = "failed") -> float:
    return served(page=page, source="primary", reason=reason)


def served(**labels: str) -> float:
    return REGISTRY.get_sample_value("streaming_history_reads_total", labels) or 0.0


def test_pages_of_user_ids_are_the_same_from_the_primary(replicated: Callable[[], None]) -> None:
    users = sorted(user.user_id for user in UserFactory.create_batch(5))
    replicated()
    before = from_primary("user ids")

    def pages() -> list[object]:
        return [
            selectors.user_ids_after(user_id=None, limit=3),
            selectors.user_ids_after(user_id=users[2], limit=3),
            selectors.user_ids_after(user_id=users[4], limit=3),
        ]

    assert pages() == [users[:3], users[3:], []]
    assert from_primary("user ids") == before
    replica.skip()
    assert pages() == [users[:3], users[3:], []]
    assert from_primary("user ids") == before + 3


def test_pages_of_history_are_the_same_from_the_primary(replicated: Callable[[], None]) -> None:
    """Plays of one moment are told apart by their ids there too."""
    viewer = UserFactory()
    WatchHistoryFactory.create_batch(3, user=viewer, watched_at=LONG_AGO)
    WatchHistoryFactory.create_batch(2, user=viewer)
    replicated()
    before = from_primary("history")
    by_replica = served(page="history", source="replica", reason="caught_up")

    def pages() -> list[object]:
        first = selectors.plays_page(user_id=viewer.user_id, after=None, limit=3)
        last = first[-1]
        after = (last["watched_at"], last["history_id"])
        return [first, selectors.plays_page(user_id=viewer.user_id, after=after, limit=3)]

    on_replica = pages()
    assert from_primary("history") == before
    assert served(page="history", source="replica", reason="caught_up") == by_replica + 2
    replica.skip()
    assert pages() == on_replica
    assert [len(page) for page in on_replica] == [3, 2]  # type: ignore[arg-type]
    assert from_primary("history") == before + 2


def test_usernames_of_a_replica_that_is_away_are_not_the_primarys_to_give(
    replicated: Callable[[], None],
) -> None:
    ada = UserFactory(username="ada")
    replicated()
    assert selectors.usernames_by_id([ada.user_id]) == {ada.user_id: "ada"}

    replica.skip()

    with pytest.raises(StoreUnavailable):
        selectors.usernames_by_id([ada.user_id])
    assert selectors.usernames_by_id([]) == {}


def test_usernames_of_a_replica_that_is_behind_come_from_the_primary(
    replicated: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = UserFactory(username="ada")
    before = from_primary("usernames", replica.LAGGING)
    monkeypatch.setattr(replica, "usable", lambda: False)
    monkeypatch.setattr(replica._process, "refusal", replica.LAGGING)

    assert selectors.usernames_by_id([ada.user_id]) == {ada.user_id: "ada"}

    assert from_primary("usernames", replica.LAGGING) == before + 1
