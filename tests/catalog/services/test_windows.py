"""Windows of a title that would overlap are refused by the row they meet, however they come to be saved."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import combinations
from random import Random

import pytest
from django.db import connections, transaction

from catalog.models import AvailabilityWindow, Content
from catalog.services import WindowsOverlap, children_save
from catalog.services.windows import overlaps_among
from catalog.visibility import FOR_EVER, span
from streaming.stores.aliases import CATALOG
from tests.factories import ContentFactory
from tests.served import until
from tests.waiting import waits_in_catalog

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
Save = Callable[..., None]


def window(
    content: Content, first: int | None, last: int | None, territory: str = "DE"
) -> AvailabilityWindow:
    """From the start of day `first` until that of day `last`."""
    return AvailabilityWindow(
        content=content,
        territory=territory,
        starts_at=None if first is None else START + first * DAY,
        ends_at=None if last is None else START + last * DAY,
    )


def save(*saved: AvailabilityWindow, deleted: tuple[AvailabilityWindow, ...] = ()) -> None:
    children_save(content=[*saved, *deleted][0].content, saved=saved, deleted=deleted)


def refused(*saved: AvailabilityWindow) -> str:
    with pytest.raises(WindowsOverlap) as error:
        save(*saved)
    return str(error.value)


def there(content: Content) -> list[str]:
    return [str(each) for each in AvailabilityWindow.objects.using(CATALOG).filter(content=content)]


def test_a_window_that_overlaps_a_row_is_refused_and_names_it(stores: None) -> None:
    content = ContentFactory()
    row = window(content, 0, 10)
    save(row)

    for first, last in ((9, 12), (None, 1), (3, 4), (None, None), (0, 10)):
        new = window(content, first, last)
        assert (
            refused(new)
            == f"Window {new} overlaps DE svod, 2026-01-01 00:00 – 2026-01-11 00:00 (row {row.pk})."
        )

    assert there(content) == [str(row)]


def test_windows_that_only_touch_or_are_of_another_place_or_licence_stand(stores: None) -> None:
    content, other = ContentFactory(), ContentFactory()
    save(window(content, 0, 10))

    rental = window(content, 0, 10)
    rental.licence = "tvod"
    save(window(content, 10, None), window(content, None, 0), window(content, 5, 6, "FR"), rental)
    save(window(other, 0, 10))

    assert len(there(content)) == 5


def test_several_new_windows_are_refused_against_each_other(stores: None) -> None:
    content = ContentFactory()
    first, second = window(content, 0, 10), window(content, 9, None)

    assert refused(first, second) == f"Window {second} overlaps {first} (row {first.pk})."
    assert there(content) == []


def test_a_row_that_is_changed_or_goes_in_the_same_save_is_in_nobody_s_way(stores: None) -> None:
    content = ContentFactory()
    row, going = window(content, 0, 10), window(content, 10, 20)
    save(row, going)

    row.ends_at = START + 5 * DAY
    save(row, window(content, 5, 15), deleted=(going,))

    assert len(there(content)) == 2
    row.ends_at = None
    assert refused(row).startswith(
        f"Window {row} overlaps DE svod, 2026-01-06 00:00 – 2026-01-16 00:00 (row "
    )


def test_overlaps_are_those_that_looking_at_every_pair_finds() -> None:
    chance = Random(1)
    for _ in range(500):
        windows = [
            window(Content(), *_days(chance), chance.choice(("DE", "FR")))
            for _ in range(chance.randint(0, 6))
        ]
        pairs = [pair for pair in combinations(windows, 2) if _overlap(*pair)]

        found = overlaps_among(windows)

        assert all(_overlap(*each) for each in found)
        assert bool(found) == bool(pairs)
        # Without those that were named nothing overlaps any more.
        named = {id(each.window) for each in found}
        left = [each for each in windows if id(each) not in named]
        assert not any(_overlap(*pair) for pair in combinations(left, 2))


def _days(chance: Random) -> tuple[int | None, int | None]:
    first, last = sorted(chance.sample(range(8), 2))
    return chance.choice((first, first, None)), chance.choice((last, last, None))


def _overlap(one: AvailabilityWindow, other: AvailabilityWindow) -> bool:
    (place, start, end), (other_place, other_start, other_end) = (
        span(each.territory, each.starts_at, each.ends_at) for each in (one, other)
    )
    assert max(end, other_end) <= FOR_EVER
    return bool(place == other_place and start < other_end and other_start < end)


@pytest.mark.parametrize("commits", [True, False])
def test_of_two_that_save_at_once_the_second_is_refused_like_one_that_comes_later(
    stores: None, commits: bool
) -> None:
    """Keeps away: a look at the rows before the title is held, after which the table's constraint would decide, by a
    traceback that names no row."""
    content = ContentFactory()
    first, second = window(content, 0, 10), window(content, 5, 15)

    with ThreadPoolExecutor(1) as other_editor:
        try:
            with transaction.atomic(using=CATALOG):
                save(first)
                saving = other_editor.submit(_save_alone, second)
                until(waits_in_catalog, "the other editor waits")
                if not commits:
                    raise _ChangedTheirMind
        except _ChangedTheirMind:
            pass
        message = saving.result(timeout=20)

    if commits:
        assert message == f"Window {second} overlaps {first} (row {first.pk})."
        assert there(content) == [str(first)]
    else:
        assert message is None
        assert there(content) == [str(second)]


class _ChangedTheirMind(Exception):
    pass


def _save_alone(saved: AvailabilityWindow) -> str | None:
    try:
        save(saved)
    except WindowsOverlap as error:
        return str(error)
    finally:
        connections.close_all()
    return None
