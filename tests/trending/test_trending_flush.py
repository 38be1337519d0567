"""From the counters to `trending_daily`: absolute, repeatable, and plain about a store that is away."""

import io
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.db.models.expressions import RawSQL

from streaming.stores.aliases import CATALOG
from streaming.stores.redis import state
from tests.factories import ContentFactory, TrendingDailyFactory
from tests.outages import away
from tests.served import until
from tests.waiting import waits_in_catalog
from trending import counters
from trending.counters import count_view
from trending.models import TrendingDaily
from trending.services import FlushUnderWay, trending_flush

DAY = date(2020, 2, 28)
NEXT = DAY + timedelta(days=1)


def test_finished_days_and_the_running_one_are_written(stores: None) -> None:
    first, second = ContentFactory(), ContentFactory()
    view(first, DAY, 3)
    view(second, DAY, 1)
    view(first, NEXT, 2)

    assert trending_flush() == {DAY: 2, NEXT: 1}

    assert rows() == {
        (DAY, first.content_id): 3,
        (DAY, second.content_id): 1,
        (NEXT, first.content_id): 2,
    }


def test_flushing_twice_changes_nothing(stores: None) -> None:
    title = ContentFactory()
    view(title, DAY, 3)
    view(title, NEXT, 2)
    trending_flush()
    before = list(TrendingDaily.objects.order_by("id").values())

    trending_flush()

    assert list(TrendingDaily.objects.order_by("id").values()) == before


def test_a_flush_writes_the_day_as_it_stands_and_adds_nothing_up(stores: None) -> None:
    title = ContentFactory()
    TrendingDailyFactory(content=title, date=DAY, views=1000, watch_time_minutes=77)
    view(title, DAY, 3)

    trending_flush()
    view(title, DAY, 1)
    trending_flush()

    assert TrendingDaily.objects.values_list("views", "watch_time_minutes").get() == (4, 77)


def test_a_flush_leaves_other_days_and_other_titles_alone(stores: None) -> None:
    title = ContentFactory()
    kept = TrendingDailyFactory(date=DAY, views=9)
    older = TrendingDailyFactory(content=title, date=DAY - timedelta(days=1), views=5)
    view(title, DAY, 1)

    trending_flush()

    assert rows() == {
        (DAY, kept.content_id): 9,
        (older.date, title.content_id): 5,
        (DAY, title.content_id): 1,
    }


def test_views_of_titles_that_are_gone_are_left_out(stores: None) -> None:
    title, gone = ContentFactory(), ContentFactory()
    for content in (title, gone):
        view(content, DAY, 1)
    gone.delete()

    assert trending_flush() == {DAY: 1}
    assert rows() == {(DAY, title.content_id): 1}


def test_titles_that_are_not_public_keep_their_views(stores: None) -> None:
    draft = ContentFactory(status="draft", published_at=None)
    view(draft, DAY, 2)

    trending_flush()

    assert rows() == {(DAY, draft.content_id): 2}


def test_a_day_is_written_however_long_nobody_watched_since(stores: None) -> None:
    title = ContentFactory()
    view(title, DAY, 2)
    view(title, DAY + timedelta(days=30), 1)

    trending_flush()

    assert rows() == {(DAY, title.content_id): 2, (DAY + timedelta(days=30), title.content_id): 1}


def test_a_ranking_longer_than_a_chunk_is_written_whole(stores: None) -> None:
    titles = ContentFactory.create_batch(150)
    views = {str(title.content_id): number for number, title in enumerate(titles, start=1)}
    views |= {str(uuid.uuid4()): 1 for _ in range(1500)}
    state().zadd(counters.TODAY, views)
    state().set(counters.TODAY_DATE, DAY.isoformat())

    trending_flush()

    assert rows() == {(DAY, title.content_id): views[str(title.content_id)] for title in titles}


def test_a_finished_day_is_written_once_more_and_then_never_again(stores: None) -> None:
    title = ContentFactory()
    view(title, DAY, 1)
    trending_flush()
    view(title, DAY, 1)
    view(title, NEXT, 1)

    assert trending_flush() == {DAY: 1, NEXT: 1}
    assert rows()[DAY, title.content_id] == 2
    assert trending_flush() == {NEXT: 0}


def test_only_what_was_viewed_since_is_written_again(stores: None) -> None:
    """Each minute every row of the day was written anew, and told of as if something had happened."""
    viewed, other = ContentFactory(), ContentFactory()
    view(viewed, DAY, 1)
    view(other, DAY, 1)
    trending_flush()
    TrendingDaily.objects.filter(content=other).update(watch_time_minutes=7)
    written = written_at()
    view(viewed, DAY, 1)

    assert trending_flush() == {DAY: 1}

    assert rows() == {(DAY, viewed.content_id): 2, (DAY, other.content_id): 1}
    assert {key for key, version in written_at().items() if written[key] != version} == {viewed.content_id}
    assert trending_flush() == {DAY: 0}


def test_a_number_that_somebody_changed_is_set_right(stores: None) -> None:
    title = ContentFactory()
    view(title, DAY, 3)
    trending_flush()
    TrendingDaily.objects.update(views=99)

    assert trending_flush() == {DAY: 1}
    assert rows() == {(DAY, title.content_id): 3}


def test_a_day_expires_only_after_it_was_written(stores: None) -> None:
    """An acknowledged view was lost when nobody flushed for eight days."""
    title = ContentFactory()
    view(title, DAY, 2)
    view(title, NEXT, 1)
    assert state().ttl(counters.day_key(DAY)) == -1
    with away("catalog"), pytest.raises(CommandError):
        call_command("trending_flush")
    assert state().ttl(counters.day_key(DAY)) == -1

    trending_flush()

    assert 0 < state().ttl(counters.day_key(DAY)) <= counters.SETTLED_DAY_SECONDS
    assert rows()[DAY, title.content_id] == 2


def test_a_title_deleted_while_its_views_are_written_is_left_out(stores: None) -> None:
    title, gone = ContentFactory(), ContentFactory()
    for content in (title, gone):
        view(content, DAY, 1)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(using=CATALOG):
            gone.delete()
            flush = pool.submit(in_thread)
            until(lambda: waits_in_catalog() or flush.done(), "the flush waits for the title")
            assert not flush.done()
        assert flush.result() == {DAY: 1}

    assert rows() == {(DAY, title.content_id): 1}


def test_of_two_flushes_at_once_one_works_and_one_says_so(stores: None) -> None:
    title = ContentFactory()
    view(title, DAY, 1)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(using=CATALOG):
            title.delete()
            flush = pool.submit(in_thread)
            until(lambda: waits_in_catalog() or flush.done(), "the flush waits for the title")
            with pytest.raises(FlushUnderWay):
                trending_flush()
            with pytest.raises(CommandError, match="Another flush is under way"):
                call_command("trending_flush")
        assert flush.result() == {DAY: 0}
    assert trending_flush() == {DAY: 0}


def test_without_views_nothing_is_written(stores: None) -> None:
    out = io.StringIO()

    call_command("trending_flush", stdout=out)

    assert out.getvalue() == "no views were counted yet\n"
    assert rows() == {}


def test_the_command_says_what_it_wrote(stores: None) -> None:
    title = ContentFactory()
    view(title, DAY, 1)
    view(title, NEXT, 1)
    out = io.StringIO()

    call_command("trending_flush", stdout=out)

    assert out.getvalue() == "2020-02-28: 1 title\n2020-02-29: 1 title\n"


@pytest.mark.parametrize("store", ["state", "catalog"])
def test_without_a_store_the_command_says_so_in_one_sentence_and_a_later_one_writes_all(
    stores: None, store: str
) -> None:
    title = ContentFactory()
    view(title, DAY, 2)

    with away(store), pytest.raises(CommandError) as raised:
        call_command("trending_flush")

    assert raised.value.returncode == 1
    message = str(raised.value)
    assert message.startswith("The views are not flushed: a store is not available (")
    assert message.endswith("). Nothing is lost, run this again.")
    assert "\n" not in message
    assert trending_flush() == {DAY: 1}
    assert rows() == {(DAY, title.content_id): 2}


def in_thread() -> dict[date, int]:
    try:
        return trending_flush()
    finally:
        connections.close_all()


def view(content: ContentFactory, day: date, times: int) -> None:
    for _ in range(times):
        count_view(content_id=content.content_id, today=day)


def written_at() -> dict[uuid.UUID, str]:
    """Which version of its row each title has."""
    versions = TrendingDaily.objects.annotate(version=RawSQL("xmin::text", ()))
    return dict(versions.values_list("content_id", "version"))


def rows() -> dict[tuple[date, uuid.UUID], int]:
    return {
        (day, content_id): views
        for day, content_id, views in TrendingDaily.objects.values_list("date", "content_id", "views")
    }
