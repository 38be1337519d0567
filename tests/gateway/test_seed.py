"""`manage.py seed`: the same rows for the same arguments, and four stores that agree."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.db.models import Sum
from rest_framework.test import APIClient

from analytics.models import User, WatchHistory
from catalog.models import (
    AlternativeTitle,
    Artwork,
    AvailabilityWindow,
    Content,
    Credit,
    Episode,
    Genre,
    MaturityRating,
    Person,
    Season,
    Translation,
)
from catalog.seeding.load import TABLES
from reviews.documents import Review
from streaming.gateway.seeding import SeedOrder, SeedRefused, seed
from streaming.stores import redis
from streaming.stores.aliases import ANALYTICS, CATALOG, REPLICA
from tests.catalog.changes.following import Follower, public_catalog
from tests.environment import DISTRIBUTED
from tests.factories import ContentFactory, ReviewFactory, UserFactory, WatchHistoryFactory
from trending import counters
from trending.models import TrendingDaily
from trending.services import trending_flush

T = TypeVar("T")
UNTIL = date(2026, 3, 15)
END = datetime(2026, 3, 15, 1, tzinfo=UTC)
SMALL = {"titles": 60, "viewers": 30, "reviews": 80, "plays": 600}
CATALOG_TABLES = (*(table.name for table in TABLES), "trending_daily")
ROOT = Path(__file__).parents[2]


def run_seed(**options: Any) -> str:
    """Runs the command, small and until `UNTIL` unless told otherwise; returns what it printed."""
    printed = StringIO()
    call_command("seed", **{**SMALL, "until": UNTIL, **options}, stdout=printed)
    return printed.getvalue()


def contents_of_stores() -> dict[str, str]:
    """A digest of every table, collection and set of keys that seeding writes."""
    digests = {f"catalog {table}": _table(CATALOG, table) for table in CATALOG_TABLES}
    for table in ("users", "user_watch_history"):
        digests[f"primary {table}"] = _table(ANALYTICS, table)
        digests[f"replica {table}"] = _table(REPLICA, table)
    documents = sorted(repr(sorted(document.items())) for document in Review._get_collection().find())
    digests["reviews"] = _digest(documents)
    digests["state"] = _digest(sorted(_state()))
    return digests


def _table(alias: str, table: str) -> str:
    with connections[alias].cursor() as cursor:
        cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")
        return _digest([row for (row,) in cursor.fetchall()])


def _state() -> Iterable[str]:
    """Counters and rankings; other keys of the state server are not seeding's."""
    server = redis.state()
    for key in server.scan_iter(match="content:views:*"):
        yield f"{key!r}: {server.get(key)!r}"
    yield f"{server.get(counters.TODAY_DATE)!r}"
    for ranking in (counters.TODAY, counters.day_key(UNTIL - timedelta(days=1))):
        yield f"{ranking}: {server.zrange(ranking, 0, -1, withscores=True)}"


def _digest(rows: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def without_bars(items: Iterable[T], what: str, total: int | None) -> Iterable[T]:
    return items


def order(**fields: Any) -> SeedOrder:
    defaults = {"seed": 1, "locales": ("en_US",), "until": UNTIL, "replace": False, "demo": False}
    return SeedOrder(**{**SMALL, **defaults, **fields})


def test_the_same_arguments_give_the_same_rows_in_every_store(stores: None) -> None:
    run_seed()
    first = contents_of_stores()

    run_seed(replace=True)

    assert contents_of_stores() == first


def test_another_seed_gives_other_rows_in_every_store(stores: None) -> None:
    run_seed()
    first = contents_of_stores()

    run_seed(replace=True, seed=2)

    second = contents_of_stores()
    assert {what for what in first if first[what] == second[what]} == {
        "catalog genres",
        "catalog keywords",
        "catalog studios",
    }


def test_rows_do_not_depend_on_the_process() -> None:
    """Keeps away: an order that comes from Python's hash seed."""
    digests = {_rows_in_a_process(hash_seed) for hash_seed in ("0", "1", "2", "3")}

    assert len(digests) == 1


def _rows_in_a_process(hash_seed: str) -> str:
    program = """
import hashlib, django
django.setup()
from datetime import date
from catalog.seeding import plan_titles
from catalog.seeding.load import TABLES
from analytics.seeding import plan_viewers
from streaming.gateway.seeding.vocabulary import translators, vocabularies
languages = vocabularies(["id_ID", "ja_JP"], 5)
plan = plan_titles(seed=5, count=50, vocabularies=[l.titles for l in languages], translators=translators(5),
                   until=date(2026, 3, 15))
made = [*(line for table in TABLES for line in table.lines(plan)),
        *plan_viewers(seed=5, count=50, handles=languages[0].handles, demo=False).usernames]
print(hashlib.sha256("".join(made).encode()).hexdigest())
"""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "DJANGO_SETTINGS_MODULE": "streaming.settings"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_history_daily_rows_and_counters_have_the_same_sums(stores: None) -> None:
    run_seed()

    plays = WatchHistory.objects.values_list("content_id", "watched_at", "duration_watched_seconds")
    days: dict[tuple[date, UUID], list[int]] = {}
    for content_id, watched_at, seconds in plays:
        days.setdefault((watched_at.date(), content_id), []).append(seconds)
    stored = TrendingDaily.objects.values_list("date", "content_id", "views", "watch_time_minutes")
    assert {(day, content_id): (views, minutes) for day, content_id, views, minutes in stored} == {
        of: (len(watched), sum(watched) // 60) for of, watched in days.items()
    }
    per_title = Counter(content_id for content_id, _, _ in plays)
    assert sum(per_title.values()) == 600
    assert {content_id: counters.views_of(content_id) for content_id in per_title} == per_title
    assert counters.counted() == (len(per_title), 600)


def test_the_rankings_are_the_plays_of_the_last_two_days(stores: None) -> None:
    run_seed(plays=3000)

    for day, key in ((UNTIL, counters.TODAY), (date(2026, 3, 14), "trending:daily:2026-03-14")):
        plays = WatchHistory.objects.filter(watched_at__date=day).values_list("content_id", flat=True)
        assert dict(counters.ranked(key, start=0, count=100)) == Counter(plays)
    assert counters.counting_day() == UNTIL
    assert redis.state().ttl("trending:daily:2026-03-14") == -1  # until the flush


def test_a_flush_after_seeding_changes_no_daily_row(stores: None) -> None:
    run_seed()
    before = _table(CATALOG, "trending_daily")

    trending_flush()

    assert _table(CATALOG, "trending_daily") == before


def test_plays_are_of_titles_that_were_public_and_no_longer_than_they(stores: None) -> None:
    run_seed(plays=3000)

    titles = {content.content_id: content for content in Content.objects.all()}
    registered = dict(User.objects.values_list("user_id", "registration_date"))
    for play in WatchHistory.objects.all():
        title = titles[play.content_id]
        assert title.status == "published"
        assert title.published_at is not None
        assert title.published_at < play.watched_at <= END
        assert registered[play.user_id] < play.watched_at
        assert 0 < play.duration_watched_seconds <= play.last_position_seconds
        assert play.last_position_seconds <= (title.duration_minutes or 60) * 60


def test_every_review_is_by_a_viewer_who_had_played_the_title(stores: None) -> None:
    run_seed(reviews=300, plays=3000)

    first_played: dict[tuple[UUID, UUID], datetime] = {}
    for user_id, content_id, watched_at in WatchHistory.objects.values_list(
        "user", "content_id", "watched_at"
    ):
        pair = (user_id, content_id)
        first_played[pair] = min(first_played.get(pair, watched_at), watched_at)
    reviews = list(Review.objects)
    assert len(reviews) == 300
    assert len({(review.user_id, review.content_id) for review in reviews}) == 300
    assert all(
        first_played[review.user_id, review.content_id] < review.created_at <= END for review in reviews
    )
    assert all(1 <= review.rating <= 10 and (review.rating * 2).is_integer() for review in reviews)
    replies = [(review, reply) for review in reviews for reply in review.replies]
    assert replies
    assert all(review.created_at <= reply.created_at <= END for review, reply in replies)
    assert {review.is_spoiler for review in reviews} == {True, False}


def test_more_reviews_than_viewers_could_write_are_left_out_and_said(stores: None) -> None:
    printed = run_seed(reviews=5000)

    pairs = WatchHistory.objects.values("user", "content_id").distinct().count()
    assert Review.objects.count() == pairs
    assert f"{pairs} reviews instead of 5,000" in printed


def test_titles_are_a_mix_and_their_children_fit_them(stores: None) -> None:
    run_seed(titles=500)

    kinds = Counter(Content.objects.values_list("content_type", flat=True))
    assert set(kinds) == {"movie", "series", "documentary"}
    assert kinds["movie"] > kinds["series"] > kinds["documentary"] > 0
    statuses = Counter(Content.objects.values_list("status", flat=True))
    assert statuses["published"] > 440
    assert statuses["draft"] > 0
    assert statuses["archived"] > 0
    assert Content.objects.filter(status="published", published_at__gt=END).count() > 0
    series = Content.objects.filter(content_type="series")
    assert set(series.values_list("duration_minutes", flat=True)) == {None}
    assert set(Season.objects.values_list("content", flat=True)) == set(series.values_list("pk", flat=True))
    assert not Content.objects.exclude(content_type="series").filter(duration_minutes=None).exists()
    assert Content.objects.filter(genres=None).count() == 0
    credits = Credit.objects.order_by("content", "billing_order").values_list(
        "content", "billing_order", "person"
    )
    billing: dict[UUID, list[int]] = {}
    for content_id, place, _ in credits:
        billing.setdefault(content_id, []).append(place)
    assert all(places == list(range(len(places))) for places in billing.values())
    assert len({(content_id, person_id) for content_id, _, person_id in credits}) == len(credits)


def test_the_printed_counts_are_those_of_the_stores(stores: None) -> None:
    printed = run_seed().splitlines()

    links = Content.genres.through.objects.count()
    days = TrendingDaily.objects.count()
    replies = sum(len(review.replies) for review in Review.objects)
    counted, views = counters.counted()
    assert printed[:5] == [
        f"catalog: 60 titles, {Person.objects.count()} people, 20 genres, {links} genre links, "
        f"{Credit.objects.count()} credits, {Season.objects.count()} seasons, "
        f"{Episode.objects.count()} episodes, 30 keywords, 12 studios, "
        f"{AvailabilityWindow.objects.count()} windows, {MaturityRating.objects.count()} maturity ratings, "
        f"{Translation.objects.count()} translations, {AlternativeTitle.objects.count()} alternative titles, "
        f"{Artwork.objects.count()} artwork, 12 external ids, 2 collections",
        "analytics: 30 users, 600 plays",
        "replica: 30 users, 600 plays",
        f"trending: {days} days of titles, 600 views in days, {counted} view counters, {views} views counted, "
        f"{counters.ranked_count()} titles ranked today",
        f"reviews: 80 reviews, {replies} replies",
    ]
    assert TrendingDaily.objects.aggregate(total=Sum("views")) == {"total": 600}


def test_a_mix_of_locales_shows_in_titles_and_names(stores: None) -> None:
    run_seed(locale="ja_JP,en_US")

    for texts in (
        Content.objects.values_list("title", flat=True),
        Person.objects.values_list("name", flat=True),
    ):
        latin = sum(text.isascii() for text in texts)
        assert 0 < latin < len(texts)


def test_the_sample_ids_answer(stores: None, api: APIClient) -> None:
    seeded = seed(order(reviews=200), without_bars)

    details = api.get(f"/api/v1/content/{seeded.samples['title']}/details").json()
    series = api.get(f"/api/v1/content/{seeded.samples['series']}").json()

    assert details["degraded"] == []
    assert details["reviews"]
    assert details["real_time_views"] > 0
    assert series["content_type"] == "series"
    assert WatchHistory.objects.filter(user=seeded.samples["viewer"]).exists()


def test_demo_logins_are_there_under_debug_only(stores: None) -> None:
    seed(order(demo=True), without_bars)
    viewer, admin = User.objects.get(username="viewer"), User.objects.get(username="admin")
    assert viewer.check_password("viewer-demo")
    assert not viewer.is_staff
    assert viewer.plays.exists()
    assert admin.check_password("admin-demo")
    assert admin.is_staff
    assert admin.is_superuser

    admin.delete()
    run_seed(replace=True)

    assert not User.objects.filter(is_staff=True).exists()
    assert not any(user.has_usable_password() for user in User.objects.all())


def test_without_replace_a_filled_catalog_stays_as_it_is(stores: None) -> None:
    run_seed()
    before = contents_of_stores()

    with pytest.raises(
        CommandError, match=r"^Refused, nothing was changed: there are 60 titles.*--replace"
    ) as refused:
        run_seed(seed=2)

    assert refused.value.returncode == 2
    assert contents_of_stores() == before


def test_if_empty_leaves_what_is_there_and_succeeds(stores: None) -> None:
    assert "catalog: 60 titles" in run_seed(if_empty=True)
    before = contents_of_stores()

    printed = run_seed(if_empty=True, seed=2)

    assert printed == "There is data already; it stays as it is.\n"
    assert contents_of_stores() == before


def test_if_empty_says_that_an_earlier_seeding_was_cut_off(stores: None) -> None:
    def breaks_off(items: Iterable[T], what: str, total: int | None) -> Iterable[T]:
        if what == "plays":
            raise KeyboardInterrupt
        return items

    with pytest.raises(KeyboardInterrupt):
        seed(order(), breaks_off)

    assert "of a seeding that was cut off: `manage.py seed --replace`" in run_seed(if_empty=True)
    run_seed(replace=True)
    assert "cut off" not in run_seed(if_empty=True)


def test_plays_and_reviews_without_titles_are_refused_too(stores: None) -> None:
    WatchHistoryFactory()
    ReviewFactory()

    with pytest.raises(CommandError, match="there are 1 plays, 1 reviews"):
        run_seed()


def test_replace_keeps_staff_and_deletes_the_rest(stores: None) -> None:
    UserFactory(username="editor", is_staff=True)
    UserFactory(username="somebody")
    WatchHistoryFactory()
    title = ContentFactory(genres=["Telenovela"])
    ReviewFactory(content_id=title.content_id)
    counters.count_view(content_id=title.content_id, today=UNTIL)

    run_seed(replace=True)

    assert User.objects.filter(username="editor").exists()
    assert User.objects.count() == 31
    assert WatchHistory.objects.count() == 600
    assert Review.objects.count() == 80
    assert not Content.objects.filter(pk=title.pk).exists()
    assert not Genre.objects.filter(name="Telenovela").exists()
    assert counters.views_of(title.content_id) == 0


def test_a_name_that_a_remaining_user_has_is_refused_before_anything_is_touched(stores: None) -> None:
    run_seed()
    taken = User.objects.order_by("username").first()
    assert taken is not None
    User.objects.filter(pk=taken.pk).update(is_staff=True)
    before = contents_of_stores()

    with pytest.raises(CommandError, match=f"the seeding would use {taken.username}"):
        run_seed(replace=True)

    assert contents_of_stores() == before


def test_an_interrupted_run_is_mended_by_replace(stores: None) -> None:
    def interrupted(items: Iterable[T], what: str, total: int | None) -> Iterable[T]:
        for number, item in enumerate(items):
            if what == "plays" and number == 300:
                raise KeyboardInterrupt
            yield item

    with pytest.raises(KeyboardInterrupt):
        seed(order(), interrupted)
    with pytest.raises(SeedRefused, match="60 titles"):
        seed(order(), without_bars)
    seed(order(replace=True), without_bars)
    mended = contents_of_stores()

    run_seed(replace=True)

    assert contents_of_stores() == mended


def test_the_planner_knows_the_titles_before_their_children_are_checked(stores: None) -> None:
    """Keeps away: an autoanalyze before the commit that finds no rows, whereupon every check of a key reads all."""
    seen: dict[str, int] = {}

    def watched(items: Iterable[T], what: str, total: int | None) -> Iterable[T]:
        if what == "credits":
            seen.update(_planned_rows())
        return items

    seed(order(), watched)

    assert seen == {"genres": 20, "cast_crew": Person.objects.count(), "content_metadata": 60}


ANALYSED = """
SELECT coalesce(sum(c.reltuples), 0)::bigint FROM pg_class c JOIN pg_locks l ON l.relation = c.oid
 WHERE l.mode = 'ShareUpdateExclusiveLock' AND l.granted AND c.oid = '%s'::regclass
"""
SHARDS_ANALYSED = "SELECT sum(result::bigint) FROM run_command_on_shards(%s, %s)"


def _planned_rows() -> dict[str, int]:
    """What another session's planner takes the tables' sizes for; none lets itself be analysed by others now."""
    planned: dict[str, int] = {}
    with closing(connections[CATALOG].copy()) as other, other.cursor() as cursor:
        for table in ("genres", "cast_crew", "content_metadata"):
            if DISTRIBUTED:
                cursor.execute(SHARDS_ANALYSED, [table, ANALYSED])
            else:
                cursor.execute(ANALYSED % table)
            ((planned[table],),) = cursor.fetchall()
    return planned


def test_a_genre_made_after_seeding_gets_an_id_of_its_own(stores: None) -> None:
    run_seed()

    genre = Genre.objects.create(name="Telenovela")
    title = Content.objects.order_by("pk").first()
    assert title is not None
    title.genres.add(genre)

    assert genre.genre_id == 21
    assert genre in title.genres.all()


def test_cached_records_of_the_former_titles_are_forgotten(stores: None, api: APIClient) -> None:
    former = seed(order(), without_bars).samples["title"]
    assert api.get(f"/api/v1/content/{former}").status_code == 200

    seed(order(seed=2, replace=True), without_bars)

    assert api.get(f"/api/v1/content/{former}").status_code == 404


def test_nothing_at_all_can_be_seeded(stores: None) -> None:
    printed = run_seed(titles=0, viewers=0, reviews=0, plays=0).splitlines()

    assert printed[0] == (
        "catalog: 0 titles, 0 people, 20 genres, 0 genre links, 0 credits, 0 seasons, 0 episodes, "
        "30 keywords, 12 studios, 0 windows, 0 maturity ratings, 0 translations, 0 alternative titles, "
        "0 artwork, 0 external ids, 2 collections"
    )
    assert printed[1] == "analytics: 0 users, 0 plays"
    assert redis.state().dbsize() == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"titles": -1}, "--titles cannot be negative."),
        ({"titles": 0}, "Plays need titles and viewers"),
        ({"viewers": 0}, "Plays need titles and viewers"),
        ({"plays": 0}, "Reviews are written by viewers who played the title"),
        ({"locale": "tlh_KX"}, "There is no locale tlh_KX"),
        ({"locale": ","}, "--locale names no locale."),
        ({"until": date(2999, 1, 1)}, "--until is a day from"),
    ],
)
def test_an_order_that_cannot_be_is_refused_in_a_sentence(
    stores: None, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        run_seed(**options)

    assert Content.objects.count() == 0


def test_a_reader_of_the_feed_begins_with_the_titles_that_were_seeded(stores: None) -> None:
    run_seed()
    follower = Follower()
    follower.catch_up()

    assert follower.picture == public_catalog()
    assert len(follower.picture) > 50
