"""How often a sample is taken, and who waits for it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import OperationalError

from catalog import samples
from catalog.samples import forget_samples, sampled
from streaming.stores.cache import forget_all
from tests.outages import away

KEY = "catalog:test:sample"
pytestmark = pytest.mark.usefixtures("stores")


@pytest.fixture
def counted() -> list[int]:
    """The samples that were taken, each with its number."""
    return []


def taken(counted: list[int]) -> str:
    def load() -> int:
        counted.append(len(counted))
        return counted[-1]

    return sampled(KEY, load, str)


def test_a_process_asks_the_cache_once_in_a_while_and_takes_what_others_sampled(
    counted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [taken(counted), taken(counted)] == ["0", "0"]
    forget_all()
    assert taken(counted) == "0"  # held

    monkeypatch.setattr(samples, "HELD", 0)
    forget_samples()
    assert [taken(counted), taken(counted)] == ["1", "1"]  # the second from the cache
    assert len(counted) == 2


@pytest.mark.parametrize("held", [30, 0])
def test_without_the_cache_a_sample_is_taken_as_seldom(
    counted: list[int], monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    monkeypatch.setattr(samples, "HELD", held)
    with away("cache"):
        told = [taken(counted) for _ in range(3)]

    assert told == (["0"] * 3 if held else ["0", "1", "2"])


def test_while_one_takes_a_sample_the_others_go_on_with_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "HELD", 0)
    begun, go_on = Event(), Event()
    assert sampled(KEY, lambda: "last", str) == "last"
    forget_all()

    def slow() -> str:
        begun.set()
        assert go_on.wait(10)
        return "next"

    with ThreadPoolExecutor() as others:
        one = others.submit(sampled, KEY, slow, str)
        assert begun.wait(10)
        assert sampled(KEY, slow, str) == "last"
        go_on.set()
        assert one.result(10) == "next"


def test_nobody_waits_for_the_first_sample_of_another() -> None:
    """Keeps away: eight requests, one after the other, each to the end of what it may take, while a store hangs."""
    begun, go_on = Event(), Event()

    def slow() -> str:
        begun.set()
        assert go_on.wait(10)
        return "slow"

    with ThreadPoolExecutor() as others:
        one = others.submit(sampled, KEY, slow, str)
        assert begun.wait(10)
        assert sampled(KEY, lambda: "quick", str) == "quick"
        go_on.set()
        assert one.result(10) in ("slow", "quick")


def test_where_no_sample_can_be_taken_the_last_one_does(
    counted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the next question does not wait for another try."""

    def fails() -> int:
        counted.append(-1)
        raise OperationalError("canceling statement due to statement timeout")

    monkeypatch.setattr(samples, "HELD", 0)
    assert taken(counted) == "0"
    forget_all()
    monkeypatch.setattr(samples, "HELD", 30)

    assert [sampled(KEY, fails, str) for _ in range(3)] == ["0"] * 3
    assert counted == [0, -1]
    forget_samples()
    with pytest.raises(OperationalError):
        sampled(KEY, fails, str)


def test_what_could_not_be_sampled_is_tried_again(counted: list[int]) -> None:
    def fails() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        sampled(KEY, fails, str)
    assert taken(counted) == "0"
