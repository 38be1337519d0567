"""Windows of one title, territory and licence do not overlap: told before they are written, by the row that is met.

The table's exclusion constraint decides when two write at once; what it refuses ends as the same error. Entry points:
`windows_refuse_overlap` before a write, `overlap_named` around it, `overlaps_among` for forms. Failure:
`WindowsOverlap`.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from django.db import IntegrityError
from psycopg2.errors import ExclusionViolation

from catalog.models import AvailabilityWindow, Content
from catalog.refusing import ChangeRefused
from catalog.windows import end_of, overlap, start_of
from streaming.stores.aliases import CATALOG


class Overlap(NamedTuple):
    """A window to be saved, and one that it meets: a row that stays, or another one to be saved."""

    window: AvailabilityWindow
    met: AvailabilityWindow


class WindowsOverlap(ChangeRefused):
    """The message names each window that cannot be there, and the row that it meets."""

    def __init__(self, overlaps: Sequence[Overlap]) -> None:
        named = (f"Window {window} overlaps {met} (row {met.pk})" for window, met in overlaps)
        super().__init__(f"{'; '.join(named)}.")
        self.overlaps = overlaps


def overlaps_among(
    saved: Iterable[AvailabilityWindow], kept: Iterable[AvailabilityWindow] = ()
) -> list[Overlap]:
    """Where windows of one title to be saved overlap each other or rows that stay, which do not overlap themselves."""
    found: list[Overlap] = []
    new = list(saved)
    are_new = set(map(id, new))
    lasting: dict[tuple[str, str], AvailabilityWindow] = {}
    for window in sorted([*kept, *new], key=start_of):
        place = window.territory, window.licence
        before = lasting.get(place)
        if before is not None and overlap(window, before):
            found.append(Overlap(window, before) if id(window) in are_new else Overlap(before, window))
        if before is None or end_of(before) < end_of(window):
            lasting[place] = window
    return found


def windows_refuse_overlap(
    *, content: Content, saved: Sequence[AvailabilityWindow], deleted: Iterable[AvailabilityWindow] = ()
) -> None:
    """Raises `WindowsOverlap` where the windows to be saved overlap each other or rows that stay. One query."""
    if not saved:
        return
    replaced = {window.pk for window in [*saved, *deleted]}
    rows = AvailabilityWindow.objects.using(CATALOG).filter(content=content).order_by()
    kept = [window for window in rows if window.pk not in replaced]
    overlaps = overlaps_among(saved, kept)
    if overlaps:
        raise WindowsOverlap(overlaps)


@contextmanager
def overlap_named(
    *, content: Content, saved: Sequence[AvailabilityWindow], deleted: Sequence[AvailabilityWindow]
) -> Iterator[None]:
    """Around a transaction that saves windows: what another writer's commit made overlap is named, too.

    `deleted` are the rows that the same transaction was to delete: rolled back, they are there again, but in nobody's
    way.
    """
    try:
        yield
    except IntegrityError as error:
        if not isinstance(error.__cause__, ExclusionViolation):
            raise
        windows_refuse_overlap(content=content, saved=saved, deleted=deleted)
        raise  # the other has gone again meanwhile
