"""The read-through cache: what it hands out, and that no order of reads and writes keeps an old value."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.test import override_settings
from prometheus_client import REGISTRY

from streaming.stores import cache, redis

KEY = "content:metadata:0b8e1f5e-4a36-4c4a-9f3e-9a1f2f0a7c11"


def test_a_value_is_loaded_once_and_read_from_then_on(stores: None) -> None:
    loads = Loads({"title": "Metropolis"})

    values = [cache.read_through(KEY, loads) for _ in range(3)]

    assert values == [{"title": "Metropolis"}] * 3
    assert loads.count == 1


@pytest.mark.parametrize("value", [0, False, "", [], {}])
def test_an_empty_value_is_a_value(stores: None, value: object) -> None:
    loads = Loads(value)

    assert [cache.read_through(KEY, loads) for _ in range(2)] == [value, value]
    assert loads.count == 1


def test_none_is_returned_and_never_stored(stores: None) -> None:
    loads = Loads(None)

    assert [cache.read_through(KEY, loads) for _ in range(2)] == [None, None]
    assert loads.count == 2
    assert redis.cache().keys("*") == []


def test_what_the_loader_raises_passes_and_nothing_is_stored(stores: None) -> None:
    with pytest.raises(ZeroDivisionError):
        cache.read_through(KEY, lambda: 1 / 0)

    assert redis.cache().keys("*") == []


def test_a_value_is_the_same_whether_it_was_cached_or_not(stores: None) -> None:
    loaded = {
        "content_id": UUID(KEY.rpartition(":")[2]),
        "created_at": datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC),
        "updated_at": datetime(2020, 1, 2, 3, 4, 5, 600, tzinfo=timezone(timedelta(0))),
        "cast": ({"name": "Brigitte Helm"},),
    }

    fresh = cache.read_through(KEY, lambda: loaded)

    assert fresh == {
        "content_id": "0b8e1f5e-4a36-4c4a-9f3e-9a1f2f0a7c11",
        "created_at": "2020-01-02T03:04:05Z",
        "updated_at": "2020-01-02T03:04:05.000600Z",
        "cast": [{"name": "Brigitte Helm"}],
    }
    assert cache.read_through(KEY, not_asked) == fresh


def test_a_value_is_the_same_when_the_cache_is_away(stores: None, without: Callable[[str], None]) -> None:
    moment = datetime(2020, 1, 2, tzinfo=UTC)
    with_cache = cache.read_through(KEY, lambda: {"at": moment})

    without("cache")

    assert cache.read_through(KEY, lambda: {"at": moment}) == with_cache == {"at": "2020-01-02T00:00:00Z"}


def test_forget_makes_the_next_read_load(stores: None) -> None:
    cache.read_through(KEY, lambda: "old")
    cache.read_through("other", lambda: "kept")

    cache.forget([KEY])

    assert cache.read_through(KEY, lambda: "new") == "new"
    assert cache.read_through(KEY, not_asked) == "new"
    assert cache.read_through("other", not_asked) == "kept"


def test_a_read_that_began_before_a_write_does_not_put_the_old_value_back(stores: None) -> None:
    def loads_then_another_writes() -> str:
        cache.forget([KEY])
        return "old"

    assert cache.read_through(KEY, loads_then_another_writes) == "old"

    assert cache.read_through(KEY, lambda: "new") == "new"
    assert cache.read_through(KEY, not_asked) == "new"


def test_a_read_that_began_between_two_writes_does_not_store_either(stores: None) -> None:
    cache.forget([KEY])

    def loads_then_another_writes() -> str:
        cache.forget([KEY])
        return "between"

    cache.read_through(KEY, loads_then_another_writes)

    assert redis.cache().get(KEY) is None


def test_a_slow_old_read_does_not_replace_a_newer_value(stores: None) -> None:
    def overtaken() -> str:
        cache.forget([KEY])
        assert cache.read_through(KEY, lambda: "new") == "new"
        return "old"

    assert cache.read_through(KEY, overtaken) == "old"

    assert cache.read_through(KEY, not_asked) == "new"


def test_forget_all_makes_every_value_stale(stores: None) -> None:
    for key in ("one", "two"):
        cache.read_through(key, lambda: "old")

    cache.forget_all()

    for key in ("one", "two"):
        assert cache.read_through(key, lambda: "new") == "new"
        assert cache.read_through(key, not_asked) == "new"


def test_a_read_that_began_before_forget_all_does_not_store(stores: None) -> None:
    def loads_then_everything_changes() -> str:
        cache.forget_all()
        return "old"

    cache.read_through(KEY, loads_then_everything_changes)

    assert cache.read_through(KEY, lambda: "new") == "new"


@pytest.mark.parametrize(
    "held",
    [
        b"",
        b"garbage",
        b"{",
        b"\x80\x04\x95\x0c\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x05value\x94K\x01s.",  # a pickle
        b'{"version":2,"epoch":"","value":"\xff"}',
        b"[1]",
        b'"text"',
        b"null",
        b"{}",
        b'{"version":2,"epoch":""}',
        b'{"version":2,"epoch":"","value":null}',
        b'{"version":0,"epoch":"","value":"held"}',
        b'{"version":3,"epoch":"","value":"held"}',
        b'{"epoch":"","value":"held"}',
        b'{"version":2,"epoch":"another","value":"held"}',
        b'{"version":2,"value":"held"}',
        b'{"version":2,"epoch":"","value":"held"} trailing',
        b"[" * 5000,
    ],
)
def test_what_is_not_a_value_of_ours_counts_as_absent(stores: None, held: bytes) -> None:
    redis.cache().set(KEY, held)

    assert cache.read_through(KEY, lambda: "loaded") == "loaded"
    assert cache.read_through(KEY, not_asked) == "loaded"


def test_a_key_of_another_type_counts_as_absent(stores: None) -> None:
    redis.cache().rpush(KEY, "a", "b")

    assert cache.read_through(KEY, lambda: "loaded") == "loaded"
    assert cache.read_through(KEY, not_asked) == "loaded"


def test_only_json_goes_into_the_cache(stores: None) -> None:
    cache.forget_all()
    cache.read_through(KEY, lambda: {"title": "Élan", "at": datetime(2020, 1, 2, tzinfo=UTC)})

    envelope = orjson.loads(held_bytes())

    assert envelope == {
        "version": 2,
        "epoch": redis.cache().get(cache.EPOCH).decode(),  # type: ignore[union-attr]
        "value": {"title": "Élan", "at": "2020-01-02T00:00:00Z"},
    }


@pytest.mark.parametrize(
    ("seconds", "longest"), [(None, 30_000), (10, 10_000), (30, 30_000), (3600, 30_000), (0.5, 500)]
)
def test_no_value_lives_longer_than_the_limit(stores: None, seconds: float | None, longest: int) -> None:
    with override_settings(CACHE_TTL_SECONDS=30):
        cache.read_through(KEY, lambda: "value", seconds=seconds)

    assert longest - 400 < redis.cache().pttl(KEY) <= longest


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_value_without_a_life_is_not_stored(stores: None, seconds: float) -> None:
    assert cache.read_through(KEY, lambda: "value", seconds=seconds) == "value"

    assert redis.cache().get(KEY) is None


def test_keys_are_as_published(stores: None) -> None:
    cache.read_through(KEY, lambda: "value")

    assert redis.cache().keys("*") == [KEY.encode()]


def test_without_the_cache_a_read_loads_logs_and_counts(
    stores: None, without: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    cache.read_through(KEY, lambda: "old")
    without("cache")
    before = unreached("read")

    with caplog.at_level(logging.WARNING, "streaming.stores.cache"):
        assert cache.read_through(KEY, lambda: "loaded") == "loaded"

    assert [record.getMessage().split(":")[0] for record in caplog.records] == ["cache read went without"]
    assert unreached("read") == before + 1


@pytest.mark.parametrize(
    ("call", "drop"), [("forget", lambda: cache.forget([KEY])), ("forget_all", cache.forget_all)]
)
def test_without_the_cache_a_write_goes_on_and_says_what_it_could_not_drop(
    without: Callable[[str], None], caplog: pytest.LogCaptureFixture, call: str, drop: Callable[[], None]
) -> None:
    without("cache")
    before = unreached(call)

    drop()

    assert unreached(call) == before + 1
    assert [record.levelname for record in caplog.records] == ["WARNING"]


class Loads:
    """A loader that counts its calls."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.count = 0

    def __call__(self) -> Any:
        self.count += 1
        return self.value


def not_asked() -> Any:
    raise AssertionError("the value should have come from the cache")


def held_bytes() -> bytes:
    held = redis.cache().get(KEY)
    assert isinstance(held, bytes)
    return held


def unreached(call: str) -> float:
    return REGISTRY.get_sample_value("streaming_cache_unreached_total", {"call": call}) or 0.0
