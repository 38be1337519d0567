"""The time of windows: who is open at some moment together, against a look at every moment."""

from datetime import UTC, datetime, timedelta
from itertools import product

from catalog.importing.records import Window
from catalog.windows import end_of, overlap, printed, start_of

HOURS = [datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in range(4)]
WINDOWS = [
    Window("DE", starts_at=start, ends_at=end)
    for start, end in product([None, *HOURS], [None, *HOURS])
    if start is None or end is None or start < end
]
MOMENTS = [moment + step * timedelta(minutes=30) for moment in (HOURS[0], HOURS[-1]) for step in range(-8, 9)]


def open_at(window: Window) -> set[datetime]:
    return {moment for moment in MOMENTS if start_of(window) <= moment < end_of(window)}


def test_windows_overlap_when_some_moment_is_of_both() -> None:
    for one, other in product(WINDOWS, WINDOWS):
        assert overlap(one, other) == bool(open_at(one) & open_at(other)), (one, other)


def test_an_end_that_there_is_not_is_printed_in_words() -> None:
    assert {printed(window.starts_at, window.ends_at) for window in WINDOWS[:2]} == {
        "always – on",
        "always – 2026-03-01 00:00",
    }
    assert printed(HOURS[1], None) == "2026-03-01 01:00 – on"
