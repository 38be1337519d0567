"""Windows of one title, territory and licence do not overlap: told before they are written, by the row that is met.

Who writes windows holds their title (`catalog.locking`) before they are looked at, so of two that write at once the
second sees what the first has written. The table's exclusion constraint stands behind that, for who writes past the
services. Entry points: `windows_refuse_overlap` before a write, `overlaps_among` for forms. Failure: `WindowsOverlap`.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

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
