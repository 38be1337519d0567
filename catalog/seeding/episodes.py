"""Seasons of seeded series and their episodes, as lines of COPY's text format.

Both tables are of the same seasons, which are drawn again for each: memory stays small, and the rows agree.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from catalog.models import Episode
from catalog.seeding.dates import DRAWN_BITS, OLDEST_RELEASE, SCHEDULED_WITHIN, title_dates
from catalog.seeding.plan import TitlePlan
from catalog.seeding.rows import title_texts
from streaming.stores.seeded import random_for, uuid_texts

MOST_SEASONS = 12
MORE_SEASONS = (
    0.5  # the mean of what a series has beyond the first is 1 / this, before it is cut to its years
)
FEWEST_EPISODES, MOST_EPISODES = 4, 8
YEAR, WEEK = 365, 7  # days from season to season, from episode to episode


class _Series(NamedTuple):
    """`place` among the titles; `released` counts days from the first that any title may have; episodes by season."""

    place: int
    released: int
    lengths: list[int]


def season_lines(plan: TitlePlan) -> Iterator[str]:
    """`id, content_id, number`: one season or more for every series."""
    new_id = uuid_texts(random_for(plan.seed, "season rows"))
    for series in _series(plan):
        content_id = plan.ids[series.place]
        for number in range(1, len(series.lengths) + 1):
            yield f"{new_id()}\t{content_id}\t{number}\n"


def episode_lines(plan: TitlePlan) -> Iterator[str]:
    """`id, content_id, season_number, number, absolute_number, title, summary, air_date`, then `runtime_minutes, kind`.

    A season begins a year after the one before it and has an episode a week, so the last of a new one are to come.
    """
    rng = random_for(plan.seed, "episode rows")
    bits, new_id = rng.getrandbits, uuid_texts(rng)
    names = [title_texts(vocabulary, rng) for vocabulary in plan.vocabularies]
    days = _days(plan)
    for place, released, lengths in _series(plan):
        content_id, minutes = plan.ids[place], plan.minutes[place]
        words, endings, summaries = names[plan.languages[place]]
        absolute = 0
        for season, length in enumerate(lengths, 1):
            aired = released + (season - 1) * YEAR
            for number in range(1, length + 1):
                absolute += 1
                yield (
                    f"{new_id()}\t{content_id}\t{season}\t{number}\t{absolute}"
                    f"\t{words[bits(DRAWN_BITS)]}{endings[bits(DRAWN_BITS)]}\t{summaries[bits(DRAWN_BITS)]}"
                    f"\t{days[aired + (number - 1) * WEEK]}\t{minutes}\t{_kind(absolute, number, length)}\n"
                )


def _series(plan: TitlePlan) -> Iterator[_Series]:
    """No season begins after `until`, but the first of a series that is scheduled."""
    rng = random_for(plan.seed, "seasons")
    oldest, until = _oldest(plan).toordinal(), plan.until.toordinal()
    for place, (kind, dates) in enumerate(zip(plan.kinds, title_dates(plan), strict=True)):
        if kind == "series":
            released = date.fromisoformat(dates.released).toordinal()
            years = max(0, until - released) // YEAR
            more = min(MOST_SEASONS - 1, years, int(rng.expovariate(MORE_SEASONS)))
            lengths = [rng.randint(FEWEST_EPISODES, MOST_EPISODES) for _ in range(1 + more)]
            yield _Series(place, released - oldest, lengths)


def _oldest(plan: TitlePlan) -> date:
    return plan.until - timedelta(days=OLDEST_RELEASE)


def _days(plan: TitlePlan) -> list[str]:
    """Every day that an episode may be aired on."""
    oldest, latest = _oldest(plan), SCHEDULED_WITHIN + MOST_EPISODES * WEEK
    return [(oldest + timedelta(days=day)).isoformat() for day in range(OLDEST_RELEASE + latest)]


def _kind(absolute: int, number: int, length: int) -> str:
    if absolute == 1:
        return Episode.Kind.PILOT.value
    return (Episode.Kind.FINALE if number == length else Episode.Kind.STANDARD).value
