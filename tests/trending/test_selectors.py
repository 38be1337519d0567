"""Today's ranking as the public sees it."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from catalog.models import Content
from streaming.stores.redis import state
from tests.factories import ContentFactory
from trending.counters import count_view
from trending.selectors import trending_today

DAY = date(2020, 2, 28)
NEXT = DAY + timedelta(days=1)


def test_titles_come_by_todays_views_most_viewed_first(stores: None) -> None:
    few, most, some = (ContentFactory(title=title) for title in ("Few", "Most", "Some"))
    for content, times in ((few, 1), (most, 5), (some, 3)):
        view(content, DAY, times)

    assert trending_today(today=DAY, limit=10) == [
        {"content_id": most.content_id, "title": "Most", "original_language": "", "views": 5},
        {"content_id": some.content_id, "title": "Some", "original_language": "", "views": 3},
        {"content_id": few.content_id, "title": "Few", "original_language": "", "views": 1},
    ]


def test_as_many_views_stand_in_reverse_order_of_ids(stores: None) -> None:
    for number in (2, 9, 5):
        view(ContentFactory(content_id=uuid.UUID(int=number)), DAY, 1)

    assert [row["content_id"].int for row in trending_today(today=DAY, limit=10)] == [9, 5, 2]


@pytest.mark.parametrize(("limit", "shown"), [(1, 1), (3, 3), (4, 4), (100, 4)])
def test_no_more_titles_come_than_asked_for(stores: None, limit: int, shown: int) -> None:
    for content in ContentFactory.create_batch(4):
        view(content, DAY, 1)

    assert len(trending_today(today=DAY, limit=limit)) == shown


def test_only_public_titles_are_shown_and_the_others_leave_no_gap(stores: None) -> None:
    """More hidden titles than one page of the ranking stand before the public one."""
    hidden = [
        ContentFactory(status="draft", published_at=None),
        ContentFactory(status="archived"),
        ContentFactory(published_at=datetime(2999, 1, 1, tzinfo=UTC)),
        *ContentFactory.create_batch(60, status="draft", published_at=None),
    ]
    for content in hidden:
        view(content, DAY, 2)
    count_view(content_id=uuid.uuid4(), today=DAY)
    public = ContentFactory()
    view(public, DAY, 1)

    assert ids_of(DAY, limit=1) == [public.content_id]


def test_a_thousand_hidden_titles_shorten_the_list_and_no_more_are_asked_for(stores: None) -> None:
    last, reached = ContentFactory(), ContentFactory()
    ranking = {str(uuid.uuid4()): 9 for _ in range(999)} | {
        str(reached.content_id): 2,
        str(last.content_id): 1,
    }
    state().zadd("trending:daily", ranking)
    state().set("trending:daily:date", DAY.isoformat())

    assert ids_of(DAY, limit=10) == [reached.content_id]


def test_a_young_day_is_filled_with_yesterdays_titles_and_todays_views(stores: None) -> None:
    both, yesterday_only, most_yesterday = ContentFactory.create_batch(3)
    for content, times in ((both, 9), (yesterday_only, 2), (most_yesterday, 4)):
        view(content, DAY, times)
    view(both, NEXT, 1)

    rows = trending_today(today=NEXT, limit=10)

    assert [(row["content_id"], row["views"]) for row in rows] == [
        (both.content_id, 1),
        (most_yesterday.content_id, 0),
        (yesterday_only.content_id, 0),
    ]
    assert ids_of(NEXT, limit=2) == [both.content_id, most_yesterday.content_id]


def test_before_the_first_view_of_a_day_yesterdays_ranking_is_shown(stores: None) -> None:
    title = ContentFactory(title="Yesterday")
    view(title, DAY, 3)

    assert trending_today(today=NEXT, limit=10) == [
        {"content_id": title.content_id, "title": "Yesterday", "original_language": "", "views": 0}
    ]


def test_a_full_day_is_not_filled(stores: None) -> None:
    old, new = ContentFactory.create_batch(2)
    view(old, DAY, 9)
    view(new, NEXT, 1)

    assert ids_of(NEXT, limit=1) == [new.content_id]


def test_the_day_before_yesterday_is_not_shown(stores: None) -> None:
    view(ContentFactory(), DAY, 1)

    assert trending_today(today=NEXT + timedelta(days=1), limit=10) == []


def test_a_clock_ahead_does_not_hide_what_was_counted_today(stores: None) -> None:
    title = ContentFactory()
    view(title, DAY, 2)
    view(ContentFactory(), NEXT, 1)

    assert ids_of(DAY, limit=10) == [title.content_id]


def test_without_views_the_ranking_is_empty(stores: None) -> None:
    ContentFactory()

    assert trending_today(today=DAY, limit=10) == []


def view(content: Content, day: date, times: int) -> None:
    for _ in range(times):
        count_view(content_id=content.content_id, today=day)


def ids_of(day: date, *, limit: int) -> list[uuid.UUID]:
    return [row["content_id"] for row in trending_today(today=day, limit=limit)]
