"""What a viewer's reads have to have seen: kept in the state, never moved back, gone in time."""

from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from streaming.stores import redis
from streaming.stores.replication import tokens

ADA = UUID(int=1)


def test_a_viewer_who_wrote_nothing_needs_nothing(stores: None) -> None:
    assert tokens.needed(user_id=ADA) == 0


@pytest.mark.parametrize("lsn", [1, 0xFFFFFFFF, 0x1_00000000, 0x16_B374D848, (1 << 64) - 1])
def test_a_token_is_the_position_it_was_noted_with(stores: None, lsn: int) -> None:
    tokens.note(lsn, user_id=ADA)

    assert tokens.needed(user_id=ADA) == lsn
    assert tokens.needed(user_id=uuid4()) == 0


@pytest.mark.parametrize("later", [0x9, 0x9_00000000, 0xFFFFFFFF])
def test_a_write_that_ends_late_does_not_move_a_token_back(stores: None, later: int) -> None:
    """Two writes of one viewer on two devices: their tokens may arrive crosswise."""
    tokens.note(0x10_00000000, user_id=ADA)

    tokens.note(later, user_id=ADA)

    assert tokens.needed(user_id=ADA) == 0x10_00000000


def test_what_everyone_needs_each_viewer_needs(stores: None) -> None:
    tokens.note(50, user_id=ADA)
    tokens.note(100, user_id=None)

    assert tokens.needed(user_id=ADA) == tokens.needed(user_id=uuid4()) == 100


def test_a_token_goes_in_time_and_a_later_write_lengthens_it(stores: None, settings: Settings) -> None:
    key = f"replica:wrote:{ADA}"
    settings.REPLICA_TOKEN_SECONDS = 60
    tokens.note(100, user_id=ADA)
    assert redis.state().get(key) == b"00000000/00000064"
    assert 58 <= redis.state().ttl(key) <= 60

    redis.state().expire(key, 5)
    tokens.note(100, user_id=ADA)

    assert 58 <= redis.state().ttl(key) <= 60


@pytest.mark.parametrize("unreachable", [1 << 40, (1 << 64) - 1])
def test_a_token_that_nothing_reaches_goes_in_its_own_time_and_leaves_the_writes_since_it(
    stores: None, settings: Settings, unreachable: int
) -> None:
    """After a promotion positions may be lower: each write renewed the token from before, so it stayed for good."""
    key = f"replica:wrote:{ADA}"
    settings.REPLICA_TOKEN_SECONDS = 60
    tokens.note(unreachable, user_id=ADA)
    redis.state().expire(key, 5)

    for lsn in (5, 7, 6):
        tokens.note(lsn, user_id=ADA)

    assert redis.state().ttl(key) <= 5
    assert tokens.needed(user_id=ADA) == unreachable
    redis.state().delete(key)  # as when its time is over
    assert tokens.needed(user_id=ADA) == 7
    assert 58 <= redis.state().ttl(f"{key}:late") <= 60
