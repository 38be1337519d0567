"""The popularity of titles follows the views of the last thirty days."""

from datetime import date, timedelta
from math import log1p

import pytest

from catalog.models import Change, Content, SearchDocument
from streaming.gateway import popularity
from streaming.gateway.popularity import popularity_refresh
from tests.factories import ContentFactory, TrendingDailyFactory, indexed

TODAY = date(2026, 3, 1)


def shown() -> dict[str, tuple[int, float]]:
    """Views and popularity by title."""
    scored = dict(SearchDocument.objects.values_list("content_id", "popularity"))
    return {
        title.title: (title.recent_views, round(scored[title.content_id], 2))
        for title in Content.objects.all()
    }


@pytest.mark.parametrize("at_once", [1, 2, 1000])
def test_views_of_thirty_days_count_and_older_ones_no_more(
    stores: None, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(popularity, "AT_ONCE", at_once)
    often, once, voted = (ContentFactory(title=name) for name in ("often", "once", "voted"))
    voted.rating_count = 99
    voted.save()
    indexed(often, once, voted)
    for days_ago, views in ((0, 5), (30, 4), (31, 1000)):
        TrendingDailyFactory(content=often, date=TODAY - timedelta(days=days_ago), views=views)
    TrendingDailyFactory(content=once, date=TODAY - timedelta(days=29), views=1)

    assert popularity_refresh(today=TODAY) == 2
    assert shown() == {
        "often": (9, round(log1p(9), 2)),
        "once": (1, round(log1p(1), 2)),
        "voted": (0, round(log1p(99), 2)),
    }
    assert popularity_refresh(today=TODAY) == 0
    assert popularity_refresh(today=TODAY + timedelta(days=2)) == 2
    assert shown()["often"][0] == 5
    assert shown()["once"][0] == 0


def test_it_is_no_change_of_a_title(stores: None) -> None:
    content = ContentFactory()
    indexed(content)
    before = Content.objects.values("updated_at").get(), Change.objects.values().get()
    TrendingDailyFactory(content=content, date=TODAY, views=7)

    popularity_refresh(today=TODAY)

    assert (Content.objects.values("updated_at").get(), Change.objects.values().get()) == before
    indexed(content)
    assert shown()[content.title] == (7, round(log1p(7), 2))
