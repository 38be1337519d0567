"""What is to be seeded, and every reason not to. The checks read; they change nothing."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from analytics import seeding as people
from analytics.seeding import Viewers
from catalog import seeding as titles
from reviews import seeding as opinions
from streaming.stores.aliases import ANALYTICS
from streaming.stores.outage import unavailable_as
from streaming.stores.refusal import Refused

NAMES_SHOWN = 3


class SeedRefused(Refused):
    """The order cannot be carried out; the message says why, in one sentence. Nothing was touched."""


class StoresNotEmpty(SeedRefused):
    """There is data already."""


@dataclass(frozen=True)
class SeedOrder:
    """How much to seed. `until` is the last day with plays; `demo` adds the demo logins."""

    titles: int
    viewers: int
    reviews: int
    plays: int
    seed: int
    locales: tuple[str, ...]
    until: date
    replace: bool
    demo: bool


def refuse_impossible(order: SeedOrder) -> None:
    """Raises `SeedRefused` for numbers and dates that contradict each other."""
    for what in ("titles", "viewers", "reviews", "plays"):
        if getattr(order, what) < 0:
            raise SeedRefused(f"--{what} cannot be negative.")
    if order.plays and not (order.titles and order.viewers):
        raise SeedRefused("Plays need titles and viewers: raise --titles and --viewers, or give --plays 0.")
    if order.reviews and not order.plays:
        raise SeedRefused(
            "Reviews are written by viewers who played the title: raise --plays, or give --reviews 0."
        )
    if not order.locales:
        raise SeedRefused("--locale names no locale.")
    if not date(2000, 1, 1) <= order.until <= datetime.now(UTC).date():
        raise SeedRefused("--until is a day from 2000-01-01 to today (UTC).")


def refuse_unless_empty() -> None:
    """Raises `StoresNotEmpty` when there are titles, or plays and reviews that an unfinished run left."""
    with unavailable_as("catalog"):
        counts = titles.catalog_counts()
        held = {what: counts[what] for what in ("titles", "people", "genres")}
    with unavailable_as("analytics"):
        held["plays"] = people.people_counts(ANALYTICS)["plays"]
    with unavailable_as("reviews"):
        held["reviews"] = opinions.reviews_counts()["reviews"]
    found = ", ".join(f"{count} {what}" for what, count in held.items() if count)
    if found:
        raise StoresNotEmpty(
            f"Refused, nothing was changed: there are {found}; --replace deletes them first."
        )


def refuse_taken_names(order: SeedOrder, viewers: Viewers) -> None:
    """Raises `SeedRefused` when users that stay have names the seeding would give."""
    with unavailable_as("analytics"):
        taken = people.usernames_taken(viewers, staff_only=order.replace)
    if taken:
        names = ", ".join(taken[:NAMES_SHOWN])
        raise SeedRefused(
            f"Refused, nothing was changed: the seeding would use {names}, which users have already."
        )
