"""The time of a window: from its start on, and no longer from its end on. Either may be missing: always, for ever.

Entry points: `Timed`, what has such a time; `start_of`, `end_of`, `overlap`, `printed`. Failure: none.
"""

from datetime import UTC, datetime
from typing import Protocol

ALWAYS, NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Timed(Protocol):
    @property
    def starts_at(self) -> datetime | None: ...

    @property
    def ends_at(self) -> datetime | None:
        """The first moment after it."""


def start_of(window: Timed) -> datetime:
    """A moment even where there is none, to compare."""
    return window.starts_at or ALWAYS


def end_of(window: Timed) -> datetime:
    """A moment even where there is none, to compare."""
    return window.ends_at or NEVER


def overlap(one: Timed, other: Timed) -> bool:
    """Whether some moment is of both."""
    return start_of(one) < end_of(other) and start_of(other) < end_of(one)


def printed(starts_at: datetime | None, ends_at: datetime | None) -> str:
    start = f"{starts_at:%Y-%m-%d %H:%M}" if starts_at else "always"
    end = f"{ends_at:%Y-%m-%d %H:%M}" if ends_at else "on"
    return f"{start} – {end}"
