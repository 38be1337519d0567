"""Carrying a seeding out: store after store, then counting what they hold."""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from analytics import seeding as people
from analytics.seeding import PlayLog, Viewers
from catalog import seeding as titles
from catalog.seeding import TitlePlan
from reviews import seeding as opinions
from reviews.seeding import Played
from streaming.gateway.seeding.order import (
    SeedOrder,
    SeedRefused,
    refuse_impossible,
    refuse_taken_names,
    refuse_unless_empty,
)
from streaming.gateway.seeding.vocabulary import UnknownLocale, translators, vocabularies
from streaming.stores.aliases import ANALYTICS, REPLICA
from streaming.stores.cache import forget_all
from streaming.stores.outage import StoreUnavailable, unavailable_as
from streaming.stores.redis import state
from streaming.stores.replication import position, setup
from streaming.stores.seeded import Track
from streaming.stores.units import counted
from trending import seeding as popularity

REPLICA_SECONDS = 900


@dataclass
class Seeded:
    """What the stores hold afterwards, sample ids by what they are samples of, and remarks."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    samples: dict[str, UUID] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Cast:
    """The order's titles and viewers, and who and what the plays' places stand for."""

    order: SeedOrder
    plan: TitlePlan
    viewers: Viewers
    comments: Sequence[str]
    public: Sequence[int]
    content_ids: Sequence[str]
    content_uuids: Sequence[UUID]


UNFINISHED = "seed:unfinished"


def seed(order: SeedOrder, track: Track) -> Seeded:
    """Carries the order out and counts what the stores then hold. Raises `SeedRefused`."""
    refuse_impossible(order)
    if not order.replace:
        refuse_unless_empty()
    cast = _cast(order)
    refuse_taken_names(order, cast.viewers)
    if order.replace:
        _empty()
    with unavailable_as("state"):
        state().set(UNFINISHED, order.seed)
    with unavailable_as("catalog"):
        titles.titles_load(cast.plan, track)
    log = _load_people(cast, track)
    _load_popularity(cast, log, track)
    reviewed = _load_reviews(cast, log, track)
    forget_all()
    seeded = Seeded()
    written = sum(reviewed.values())
    if written < order.reviews:
        seeded.notes.append(
            f"{counted(written, 'review')} instead of {order.reviews:,}: "
            "a viewer reviews a title once, and only after a play."
        )
    with unavailable_as("state"):
        state().delete(UNFINISHED)
    on_replica = _wait_for_replica(seeded, track)
    seeded.counts = _counts(on_replica)
    seeded.samples = _samples(cast, reviewed)
    return seeded


def left_unfinished() -> bool:
    """Whether the last seeding was cut off: what the stores hold then does not agree."""
    with unavailable_as("state"):
        return bool(state().exists(UNFINISHED))


def _cast(order: SeedOrder) -> _Cast:
    try:
        languages = vocabularies(order.locales, order.seed)
    except UnknownLocale as error:
        raise SeedRefused(f"There is no locale {error}: --locale takes names like en_US or id_ID.") from error
    plan = titles.plan_titles(
        seed=order.seed,
        count=order.titles,
        vocabularies=[language.titles for language in languages],
        translators=translators(order.seed),
        until=order.until,
    )
    public = plan.public()
    content_ids = [plan.ids[place] for place in public]
    return _Cast(
        order=order,
        plan=plan,
        viewers=people.plan_viewers(
            seed=order.seed,
            count=order.viewers,
            handles=[handle for language in languages for handle in language.handles],
            demo=order.demo,
        ),
        comments=[sentence for language in languages for sentence in language.titles.sentences],
        public=public,
        content_ids=content_ids,
        content_uuids=[UUID(content_id) for content_id in content_ids],
    )


def _empty() -> None:
    """Titles last: until then the catalog is not empty, and a run without `replace` refuses."""
    with unavailable_as("state"):
        popularity.trending_empty()
    with unavailable_as("reviews"):
        opinions.reviews_empty()
    with unavailable_as("analytics"):
        people.people_empty()
    with unavailable_as("catalog"):
        titles.catalog_empty()
    forget_all()


def _load_people(cast: _Cast, track: Track) -> PlayLog:
    order = cast.order
    with unavailable_as("analytics"):
        people.viewers_load(cast.viewers, seed=order.seed, until=order.until, demo=order.demo, track=track)
        return people.plays_load(
            seed=order.seed,
            count=order.plays,
            until=order.until,
            viewers=cast.viewers,
            content_ids=cast.content_ids,
            content_seconds=array("I", (cast.plan.minutes[place] * 60 for place in cast.public)),
            track=track,
        )


def _load_popularity(cast: _Cast, log: PlayLog, track: Track) -> None:
    days = (
        (
            day.day,
            zip(map(cast.content_ids.__getitem__, day.titles), day.plays, day.minutes, strict=True),
        )
        for day in log.days
    )
    with unavailable_as("catalog"):
        popularity.days_load(
            seed=cast.order.seed, days=days, total=sum(len(day.titles) for day in log.days), track=track
        )
    views = {cast.content_uuids[place]: count for place, count in Counter(log.titles).items()}
    rankings = {
        day.day: {
            cast.content_uuids[place]: plays for place, plays in zip(day.titles, day.plays, strict=True)
        }
        for day in log.days[-2:]
    }
    with unavailable_as("state"):
        popularity.counters_seed(until=cast.order.until, views=views, rankings=rankings)


def _load_reviews(cast: _Cast, log: PlayLog, track: Track) -> dict[UUID, int]:
    viewers = [UUID(user_id) for user_id in cast.viewers.ids] if cast.order.reviews else []
    plays = (
        Played(viewers[viewer], cast.content_uuids[title], datetime.fromtimestamp(second, UTC))
        for viewer, title, second in log.pairs(cast.order.seed)
    )
    with unavailable_as("reviews"):
        return opinions.reviews_load(
            seed=cast.order.seed,
            plays=plays,
            wanted=cast.order.reviews,
            comments=cast.comments,
            repliers=viewers,
            until=people.last_moment(cast.order.until),
            track=track,
        )


def _wait_for_replica(seeded: Seeded, track: Track) -> bool:
    """Whether the replica has all that was written, after at most `REPLICA_SECONDS`; says so when it has not."""
    try:
        with unavailable_as("replica"):
            if not setup.subscribed():
                seeded.notes.append(
                    "The replica has no subscription yet: `manage.py replication setup` makes it."
                )
                return False
            applied = any(track(_applied_within(REPLICA_SECONDS), "seconds until the replica has it", None))
    except StoreUnavailable:
        seeded.notes.append("The replica cannot be reached; it catches up by itself once it can.")
        return False
    if not applied:
        seeded.notes.append(f"The replica is still behind after {REPLICA_SECONDS} s; it goes on by itself.")
    return True


def _applied_within(seconds: int) -> Iterator[bool]:
    """Once a second whether the replica has caught up, until it has."""
    for _ in range(seconds):
        try:
            position.wait_until_applied(1)
        except position.ReplicaBehind:
            yield False
        else:
            yield True
            return


def _counts(on_replica: bool) -> dict[str, dict[str, int]]:
    with unavailable_as("catalog"):
        counts = {"catalog": titles.catalog_counts()}
    with unavailable_as("analytics"):
        counts["analytics"] = people.people_counts(ANALYTICS)
    if on_replica:
        with unavailable_as("replica"):
            counts["replica"] = people.people_counts(REPLICA)
    with unavailable_as("state"):
        counts["trending"] = popularity.trending_counts()
    with unavailable_as("reviews"):
        counts["reviews"] = opinions.reviews_counts()
    return counts


def _samples(cast: _Cast, reviewed: dict[UUID, int]) -> dict[str, UUID]:
    """A title (the most reviewed, else the most popular), a series, and the demo viewer or the most active one."""
    samples = {}
    if cast.content_uuids:
        samples["title"] = max(reviewed, key=reviewed.__getitem__, default=cast.content_uuids[0])
    series = [place for place, title in enumerate(cast.public) if cast.plan.kinds[title] == "series"]
    if series:
        samples["series"] = cast.content_uuids[series[0]]
    if cast.viewers.ids:
        samples["viewer"] = UUID(cast.viewers.ids[0])
    return samples
