"""When seeded titles came out, were published and were last changed.

`title_dates` is asked by whoever writes rows that hang on a date, and tells each of them the same.
"""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import NamedTuple

from catalog.seeding.gates import Licensing, next_change_text
from catalog.seeding.plan import TitlePlan
from streaming.stores.copying import NULL
from streaming.stores.seeded import clock, days_back, random_for

DRAWN_BITS = 10  # of the tables that random bits choose from
DRAWN = 1 << DRAWN_BITS
SECOND_BITS = 16  # 2 ** 16 seconds: 00:00 to 18:12
OLDEST_RELEASE = 55 * 365  # days before `until`
LONGEST_PUBLIC = 5 * 365
SHORTEST_PUBLIC = 31  # longer than the plays go back
SCHEDULED_WITHIN = 60  # days after `until`


class Dates(NamedTuple):
    """Of a title, as texts of the columns. `changing` is `next_change_at` of a title without windows."""

    released: str
    status: str
    published: str
    created: str
    updated: str
    changing: str

    def columns(self, licensing: Licensing, plan: TitlePlan) -> str:
        """`release_date, status, published_at, created_at, updated_at, next_change_at`, tabs between."""
        if not licensing.windows:
            return "\t".join(self)
        changing = next_change_text(
            status=self.status, published_at=self.published, licensing=licensing, until=plan.until
        )
        return "\t".join((*self[:-1], changing))


def title_dates(plan: TitlePlan) -> Iterator[Dates]:
    """Of each title, from a random stream of their own."""
    rng = random_for(plan.seed, "dates")
    bits = rng.getrandbits
    drawn = {status: _drawn(status, plan, rng) for status in sorted(set(plan.statuses))}
    for status in plan.statuses:
        yield drawn[status][bits(DRAWN_BITS)]


def _drawn(status: str, plan: TitlePlan, rng: Random) -> list[Dates]:
    """Of titles of this status: created a day or more before it was published, updated after that, and all but what is
    scheduled before `until`.
    """
    past, times = days_back(plan.until, OLDEST_RELEASE), clock()[: 1 << SECOND_BITS]
    drawn = []
    for _ in range(DRAWN):
        created_time, published_time, updated_time = rng.choices(times, k=3)
        released = SHORTEST_PUBLIC + int((OLDEST_RELEASE - SHORTEST_PUBLIC) * rng.random() ** 3)
        published = rng.randint(SHORTEST_PUBLIC, min(released, LONGEST_PUBLIC))
        created = min(published + rng.randint(1, 30), OLDEST_RELEASE - 1)
        updated = rng.randint(1, published - 1)
        release_text, stored_status, published_text = (
            past[released],
            status,
            past[published] + published_time,
        )
        changing_text = NULL
        if status == "draft":
            published_text = NULL
        elif status == "scheduled":
            stored_status = "published"
            release_text = (plan.until + timedelta(days=rng.randint(1, SCHEDULED_WITHIN))).isoformat()
            published_text = changing_text = release_text + published_time
        drawn.append(
            Dates(
                release_text,
                stored_status,
                published_text,
                past[created] + created_time,
                past[updated] + updated_time,
                changing_text,
            )
        )
    return drawn
