"""View counters: exact under concurrency, each event once, and no view lost between two days."""

import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial

import pytest

from streaming.stores.redis import state
from trending import counters
from trending.counters import count_view

DAY = date(2020, 2, 28)
NEXT = DAY + timedelta(days=1)
TITLE, OTHER = uuid.uuid4(), uuid.uuid4()


def test_a_thousand_views_from_eight_threads_are_a_thousand(stores: None) -> None:
    totals = in_threads(8, (lambda: count_view(content_id=TITLE, today=DAY) for _ in range(1000)))

    assert sorted(totals) == list(range(1, 1001))
    assert counters.views_of(TITLE) == 1000
    assert counters.ranked(counters.TODAY, start=0, count=10) == [(TITLE, 1000)]


def test_an_event_sent_twenty_times_at_once_counts_once(stores: None) -> None:
    totals = in_threads(20, [lambda: count_view(content_id=TITLE, today=DAY, event_id="tap")] * 20)

    assert totals == [1] * 20
    assert counters.views_of(TITLE) == 1
    assert counters.views_in(counters.TODAY, [TITLE]) == {TITLE: 1}


def test_a_known_event_returns_the_total_it_was_counted_with(stores: None) -> None:
    assert count_view(content_id=TITLE, today=DAY, event_id="first") == 1
    assert count_view(content_id=TITLE, today=DAY, event_id="second") == 2

    assert count_view(content_id=TITLE, today=DAY, event_id="first") == 1
    assert counters.views_of(TITLE) == 2


def test_the_same_event_of_another_title_counts(stores: None) -> None:
    for content_id in (TITLE, OTHER):
        assert count_view(content_id=content_id, today=DAY, event_id="tap") == 1

    assert counters.views_in(counters.TODAY, [TITLE, OTHER]) == {TITLE: 1, OTHER: 1}


@pytest.mark.parametrize("event_id", ["a" * 255, "é", "trending:daily", " ", "*"])
def test_an_event_id_is_never_a_key_of_its_own(stores: None, event_id: str) -> None:
    assert count_view(content_id=TITLE, today=DAY, event_id=event_id) == 1
    assert count_view(content_id=TITLE, today=DAY, event_id=event_id) == 1

    assert len(state().keys("views:event:*")) == 1
    assert len(state().keys("*")) == 4


def test_an_event_is_remembered_for_a_day(stores: None) -> None:
    count_view(content_id=TITLE, today=DAY, event_id="tap")

    (key,) = state().keys("views:event:*")

    assert 24 * 3600 - 60 < state().ttl(key) <= 24 * 3600


def test_counters_themselves_never_expire(stores: None) -> None:
    count_view(content_id=TITLE, today=DAY)

    assert [state().ttl(key) for key in (counters.views_key(TITLE), "trending:daily")] == [-1, -1]


def test_the_first_view_of_a_day_sets_the_finished_one_aside(stores: None) -> None:
    for content_id in (TITLE, TITLE, OTHER):
        count_view(content_id=content_id, today=DAY)

    count_view(content_id=OTHER, today=NEXT)

    assert counters.counting_day() == NEXT
    assert counters.ranked("trending:daily:2020-02-28", start=0, count=10) == [(TITLE, 2), (OTHER, 1)]
    assert counters.ranked("trending:daily", start=0, count=10) == [(OTHER, 1)]
    assert state().ttl("trending:daily:2020-02-28") == -1
    assert (counters.views_of(TITLE), counters.views_of(OTHER)) == (2, 2)


def test_views_around_midnight_are_all_in_one_day_or_the_other(stores: None) -> None:
    days = [DAY] * 200 + [NEXT] * 200
    in_threads(8, (partial(count_view, content_id=TITLE, today=day) for day in days))

    finished, running = (
        counters.views_in(key, [TITLE])[TITLE] for key in (counters.day_key(DAY), counters.TODAY)
    )
    assert finished + running == counters.views_of(TITLE) == 400
    assert running >= 200


def test_a_clock_that_is_late_counts_into_the_counters_day(stores: None) -> None:
    count_view(content_id=TITLE, today=DAY)
    count_view(content_id=TITLE, today=NEXT)

    assert count_view(content_id=TITLE, today=DAY) == 3

    assert counters.counting_day() == NEXT
    assert counters.views_in(counters.day_key(DAY), [TITLE]) == {TITLE: 1}
    assert counters.views_in(counters.TODAY, [TITLE]) == {TITLE: 2}


@pytest.mark.parametrize(
    "clocks",
    [
        [0, 1, 0, 1, 2, 0, 2],
        [0, 1, 2, 3, 4, 5, 6, 7],
        [5, 0, 1, 5, 6],
        [0, 400, 1, 2, 400, 401],
    ],
    ids=["back and forth", "day by day", "early first", "far ahead once"],
)
def test_no_clock_makes_a_view_or_a_day_vanish(stores: None, clocks: list[int]) -> None:
    for ahead in clocks:
        count_view(content_id=TITLE, today=DAY + timedelta(days=ahead))

    days = counters.finished_days()
    aside = [counters.views_in(counters.day_key(day), [TITLE])[TITLE] for day in days]
    running = counters.views_in(counters.TODAY, [TITLE])[TITLE]
    assert days == sorted(days)
    assert sum(aside) + running == counters.views_of(TITLE) == len(clocks)


def test_a_day_is_found_again_however_long_nobody_watched(stores: None) -> None:
    count_view(content_id=TITLE, today=DAY)

    count_view(content_id=TITLE, today=DAY + timedelta(days=30))

    assert counters.finished_days() == [DAY]


def test_a_settled_day_is_no_longer_named_and_stays_two_days(stores: None) -> None:
    for day in (DAY, NEXT, NEXT + timedelta(days=1)):
        count_view(content_id=TITLE, today=day)

    for _ in range(2):
        counters.day_settle(DAY)

    assert counters.finished_days() == [NEXT]
    assert 2 * 86_400 - 60 < state().ttl(counters.day_key(DAY)) <= 2 * 86_400
    assert state().ttl(counters.day_key(NEXT)) == -1
    assert counters.views_in(counters.day_key(DAY), [TITLE]) == {TITLE: 1}


def test_a_late_clock_does_not_count_into_a_settled_day(stores: None) -> None:
    count_view(content_id=TITLE, today=DAY)
    count_view(content_id=TITLE, today=NEXT)
    counters.day_settle(DAY)

    count_view(content_id=TITLE, today=DAY)

    assert counters.views_in(counters.day_key(DAY), [TITLE]) == {TITLE: 1}
    assert counters.views_in(counters.TODAY, [TITLE]) == {TITLE: 2}
    assert counters.finished_days() == []


def test_before_the_first_view_there_is_nothing(stores: None) -> None:
    assert counters.counting_day() is None
    assert counters.finished_days() == []
    assert counters.views_of(TITLE) == 0
    assert counters.ranked(counters.TODAY, start=0, count=10) == []
    assert counters.views_in(counters.TODAY, [TITLE]) == {TITLE: 0}
    assert counters.views_in(counters.TODAY, []) == {}
    assert list(counters.whole_ranking(DAY)) == []


def test_a_ranking_is_read_page_by_page(stores: None) -> None:
    titles = [uuid.UUID(int=number) for number in range(1, 6)]
    for views, content_id in enumerate(titles, start=1):
        for _ in range(views):
            count_view(content_id=content_id, today=DAY)

    pages = [counters.ranked(counters.TODAY, start=start, count=2) for start in (0, 2, 4, 6)]

    whole = [(content_id, views) for views, content_id in reversed(list(enumerate(titles, start=1)))]
    assert pages == [whole[:2], whole[2:4], whole[4:], []]


def test_a_day_that_ends_while_it_is_read_is_read_to_its_end(stores: None) -> None:
    """The next day's views, read under the former day's name, would be counted twice in `trending_daily`."""
    expected = filled(1000)
    chunks = counters.whole_ranking(DAY, chunk=10)
    read = dict(next(chunks))
    assert len(read) < 1000

    late = uuid.uuid4()
    count_view(content_id=late, today=NEXT)
    for chunk in chunks:
        read |= dict(chunk)

    assert read == expected
    assert dict(next(counters.whole_ranking(NEXT))) == {late: 1}


def test_a_ranking_of_any_size_is_read_whole(stores: None) -> None:
    expected = filled(3000)

    assert {title: views for chunk in counters.whole_ranking(DAY) for title, views in chunk} == expected


def filled(count: int) -> dict[uuid.UUID, int]:
    """A running day with this many titles."""
    views = {uuid.uuid4(): number for number in range(1, count + 1)}
    state().zadd(counters.TODAY, {str(title): number for title, number in views.items()})
    state().set(counters.TODAY_DATE, DAY.isoformat())
    return views


def in_threads(threads: int, calls: Iterable[Callable[[], int]]) -> list[int]:
    with ThreadPoolExecutor(threads) as pool:
        return [done.result() for done in [pool.submit(call) for call in calls]]
