"""Seeded viewers and their plays on the primary, written by COPY; the replica follows by replication.

Plays go back `DAYS` days from `until`, whose first hour is the last one with plays: so nothing is later than
the day itself. A few viewers and a few titles have most of them. `plays_load` returns what was played when
(`PlayLog`), from which the daily rows, the counters and the reviews are made, in 12 bytes a play.

Entry points: `plan_viewers`, `usernames_taken`, `viewers_load`, `plays_load`, `people_empty`, `people_counts`.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import repeat
from math import gcd

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.db import connections, transaction
from django.db.models import Q

from analytics.models import User, WatchHistory
from streaming.stores.aliases import ANALYTICS
from streaming.stores.copying import analyze, copy_lines
from streaming.stores.seeded import (
    FIXED_BITS,
    RANDOM_BITS,
    SECONDS_A_DAY,
    Track,
    clock,
    days_back,
    random_for,
    shared_out,
    skewed,
    uuid_texts,
)

DAYS = 30
LAST_DAY_SECONDS = 3600
LAST_DAY_WEIGHT = 0.25  # of a usual day's plays
REGISTERED_DAYS = 3 * 365
LEAST_WATCHED, WHOLE = 20, 1024  # in 1024ths of the title's length
FINISHED_SHARE = 0.55
DEMO_SALT = (
    "seeded-demo-login"  # fixed, so that the same seeding gives the same row; demo logins are for DEBUG only
)
# Fixed too: an administrator outlives `--replace`, whatever the next seed is.
ADMIN_ID = "00000000000040008000000000000001"
VIEWER_ID = "00000000000040008000000000000002"
USER_COLUMNS = (
    "user_id",
    "username",
    "email",
    "registration_date",
    "password",
    "is_active",
    "is_staff",
    "is_superuser",
)
PLAY_COLUMNS = (
    "history_id",
    "user_id",
    "content_id",
    "watched_at",
    "duration_watched_seconds",
    "last_position_seconds",
    "event_id",
)


@dataclass(frozen=True)
class Viewers:
    """Ids (32 hexadecimal digits) and names of the seeded viewers, the most active first."""

    ids: list[str]
    usernames: list[str]


@dataclass
class DayOfPlays:
    """What was played on one UTC day: places of titles, and for each its plays and whole minutes."""

    day: date
    titles: "array[int]" = field(default_factory=lambda: array("I"))
    plays: "array[int]" = field(default_factory=lambda: array("I"))
    minutes: "array[int]" = field(default_factory=lambda: array("I"))


@dataclass
class PlayLog:
    """Every play: places of its viewer and title, and its second since 1970; and the days' sums."""

    viewers: "array[int]" = field(default_factory=lambda: array("I"))
    titles: "array[int]" = field(default_factory=lambda: array("I"))
    seconds: "array[int]" = field(default_factory=lambda: array("I"))
    days: list[DayOfPlays] = field(default_factory=list)

    def pairs(self, seed: int) -> Iterator[tuple[int, int, int]]:
        """Viewer, title and second of plays from all over the time, each viewer and title once."""
        count = len(self.titles)
        rng = random_for(seed, "pairs")
        step = next(
            (step for step in (rng.randrange(count) for _ in range(1000)) if gcd(step, count) == 1), 1
        )
        met: set[tuple[int, int]] = set()
        place = 0
        for _ in range(count):
            place = (place + step) % count  # coprime with the count, so it comes to every play once
            pair = (self.viewers[place], self.titles[place])
            if pair not in met:
                met.add(pair)
                yield (*pair, self.seconds[place])


def last_moment(until: date) -> datetime:
    """When the seeded history ends: nothing seeded is dated later, but what is scheduled."""
    return datetime(until.year, until.month, until.day, tzinfo=UTC) + timedelta(seconds=LAST_DAY_SECONDS)


def plan_viewers(*, seed: int, count: int, handles: Sequence[str], demo: bool) -> Viewers:
    """Names are a handle and a number, so none is there twice. With `demo` the first is the login `viewer`."""
    rng = random_for(seed, "viewers")
    new_id = uuid_texts(rng)
    ids = [new_id() for _ in range(count)]
    usernames = [f"{rng.choice(handles)}{number}" for number in range(1, count + 1)]
    if demo and count:
        ids[0], usernames[0] = VIEWER_ID, "viewer"
    return Viewers(ids, usernames)


def usernames_taken(viewers: Viewers, *, staff_only: bool) -> list[str]:
    """Those of the viewers' names that somebody (of the staff) has already, as a username or an e-mail address."""
    wanted = {*viewers.usernames, *map(_email, viewers.usernames)}
    users = (
        User.objects.using(ANALYTICS).filter(is_staff=True) if staff_only else User.objects.using(ANALYTICS)
    )
    present = users.values_list("username", "email")
    return sorted({text.lower() for names in present for text in names} & wanted)


def viewers_load(viewers: Viewers, *, seed: int, until: date, demo: bool, track: Track) -> None:
    """Writes the viewers, none with a password; with `demo` also the logins `viewer` and `admin`."""
    lines = track(_viewer_lines(viewers, seed, until, demo), "viewers", len(viewers.ids))
    with transaction.atomic(using=ANALYTICS):
        copy_lines(ANALYTICS, "users", USER_COLUMNS, lines)
        analyze(ANALYTICS, "users")
        if demo and not _admin_exists():
            copy_lines(ANALYTICS, "users", USER_COLUMNS, [_admin_line(until)])


def plays_load(
    *,
    seed: int,
    count: int,
    until: date,
    viewers: Viewers,
    content_ids: Sequence[str],
    content_seconds: Sequence[int],
    track: Track,
) -> PlayLog:
    """Writes `count` plays of these titles, the most popular first. The first play is the first viewer's."""
    log = PlayLog()
    lines = _play_lines(log, seed, count, until, viewers.ids, content_ids, content_seconds)
    with transaction.atomic(using=ANALYTICS):
        copy_lines(ANALYTICS, "user_watch_history", PLAY_COLUMNS, track(lines, "plays", count))
        analyze(ANALYTICS, "user_watch_history")
    return log


def people_empty() -> None:
    """Deletes every play, and every user who is not staff with what hangs on them."""
    with connections[ANALYTICS].cursor() as cursor:
        cursor.execute("TRUNCATE user_watch_history")
    with transaction.atomic(using=ANALYTICS):
        User.objects.using(ANALYTICS).filter(is_staff=False).delete()


def people_counts(alias: str) -> dict[str, int]:
    """Users and plays that the primary, or the replica, holds now."""
    return {
        "users": User.objects.using(alias).count(),
        "plays": WatchHistory.objects.using(alias).count(),
    }


def _admin_exists() -> bool:
    """An administrator of that name or address stays as they are, password included."""
    named = Q(user_id=ADMIN_ID) | Q(username__iexact="admin") | Q(email__iexact=_email("admin"))
    return User.objects.using(ANALYTICS).filter(named).exists()


def _admin_line(until: date) -> str:
    registered = f"{until - timedelta(days=REGISTERED_DAYS)} 00:00:00+00"
    return _user_line(ADMIN_ID, "admin", registered, make_password("admin-demo", salt=DEMO_SALT), "t\tt\tt")


def _viewer_lines(viewers: Viewers, seed: int, until: date, demo: bool) -> Iterator[str]:
    rng = random_for(seed, "viewer rows")
    days = days_back(until, REGISTERED_DAYS)[DAYS + 1 :]
    times = clock()
    for user_id, username in zip(viewers.ids, viewers.usernames, strict=True):
        password = UNUSABLE_PASSWORD_PREFIX
        if demo and user_id == VIEWER_ID:
            password = make_password("viewer-demo", salt=DEMO_SALT)
        registered = rng.choice(days) + rng.choice(times)
        yield _user_line(user_id, username, registered, password, "t\tf\tf")


def _user_line(user_id: str, username: str, registered: str, password: str, flags: str) -> str:
    return f"{user_id}\t{username}\t{_email(username)}\t{registered}\t{password}\t{flags}\n"


def _email(username: str) -> str:
    return f"{username}@example.org"


def _play_lines(
    log: PlayLog,
    seed: int,
    count: int,
    until: date,
    user_ids: Sequence[str],
    content_ids: Sequence[str],
    content_seconds: Sequence[int],
) -> Iterator[str]:
    """Day by day and in order of time. Runs once a play: a microsecond here is a second in a million."""
    rng = random_for(seed, "plays")
    bits = rng.getrandbits
    times = clock()
    shares = _shares_watched(seed)
    by_viewer = skewed(len(user_ids), exponent=0.6, flat=10)
    by_title = skewed(len(content_ids), exponent=0.9, flat=10)
    weights = [*repeat(1.0, DAYS - 1), LAST_DAY_WEIGHT]
    for back, plays in zip(range(DAYS - 1, -1, -1), shared_out(count, weights), strict=True):
        day = until - timedelta(days=back)
        if not plays:  # nobody to choose from, perhaps
            log.days.append(DayOfPlays(day))
            continue
        text = day.isoformat()
        viewers = rng.choices(range(len(user_ids)), cum_weights=by_viewer, k=plays)
        titles = rng.choices(range(len(content_ids)), cum_weights=by_title, k=plays)
        moments = sorted(rng.choices(range(SECONDS_A_DAY if back else LAST_DAY_SECONDS), k=plays))
        if not log.titles:
            viewers[0] = 0
        watched = [content_seconds[title] * shares[bits(10)] >> 10 for title in titles]
        _note(log, day, viewers, titles, moments, watched)
        for viewer, title, moment, seconds in zip(viewers, titles, moments, watched, strict=True):
            # `uuid_texts` in place: two calls a row are a tenth of the time.
            yield (
                f"{bits(128) & RANDOM_BITS | FIXED_BITS:032x}\t{user_ids[viewer]}\t{content_ids[title]}"
                f"\t{text}{times[moment]}\t{seconds}\t{seconds}\t{bits(128) & RANDOM_BITS | FIXED_BITS:032x}\n"
            )


def _shares_watched(seed: int) -> list[int]:
    """How much of a title is watched, in 1024ths: more than half the plays reach the credits."""
    rng = random_for(seed, "shares watched")
    return [
        rng.randint(WHOLE * 9 // 10, WHOLE)
        if rng.random() < FINISHED_SHARE
        else rng.randint(LEAST_WATCHED, WHOLE * 9 // 10)
        for _ in range(1 << 10)
    ]


def _note(
    log: PlayLog, day: date, viewers: list[int], titles: list[int], moments: list[int], watched: list[int]
) -> None:
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    log.viewers.extend(viewers)
    log.titles.extend(titles)
    log.seconds.extend([midnight + moment for moment in moments])
    sums: dict[int, list[int]] = {}
    for title, seconds in zip(titles, watched, strict=True):
        held = sums.get(title)
        if held is None:
            sums[title] = [1, seconds]
        else:
            held[0] += 1
            held[1] += seconds
    summed = DayOfPlays(day)
    for title, (plays, seconds) in sums.items():
        summed.titles.append(title)
        summed.plays.append(plays)
        summed.minutes.append(seconds // 60)
    log.days.append(summed)
