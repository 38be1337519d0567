"""The read-only pages of views by title and day."""

from uuid import uuid4

import pytest
from django.test import Client

from tests.admin_pages import queries_of, superuser
from tests.factories import TrendingDailyFactory
from trending.models import TrendingDaily

DAYS = "/admin/trending/trendingdaily/"


@pytest.fixture
def admin(stores: None) -> Client:
    return superuser()


@pytest.mark.parametrize("page", ["add/", "{id}/delete/", "{id}/change/"])
def test_days_are_not_added_changed_or_deleted(admin: Client, page: str) -> None:
    day = TrendingDailyFactory(views=7)
    assert admin.post(DAYS + page.format(id=day.id), {"post": "yes", "views": "8"}).status_code == 403
    assert TrendingDaily.objects.get().views == 7


def test_days_link_to_their_title(admin: Client) -> None:
    day = TrendingDailyFactory(content__title="Metropolis", views=7)
    link = f'<a href="/admin/catalog/content/{day.content_id}/change/">Metropolis</a>'
    assert link in admin.get(DAYS).content.decode()
    assert link in admin.get(f"{DAYS}{day.id}/change/").content.decode()


def test_days_are_found_by_title_and_its_id(admin: Client) -> None:
    day, _ = TrendingDailyFactory(content__title="Metropolis"), TrendingDailyFactory(content__title="M")

    def found(query: str) -> list[TrendingDaily]:
        return list(admin.get(DAYS, {"q": query}).context["cl"].result_list)

    assert found("metropolis") == found(str(day.content_id)) == [day]
    assert found("metro") == found(str(uuid4())) == []


def test_days_are_filtered_by_date(admin: Client) -> None:
    TrendingDailyFactory(date="2020-01-01")
    late = TrendingDailyFactory(date="2020-01-02")
    page = admin.get(DAYS, {"date__gte": "2020-01-02", "date__lt": "2020-01-03"})
    assert list(page.context["cl"].result_list) == [late]


def test_the_list_of_days_costs_the_same_with_1_and_50_rows(admin: Client) -> None:
    TrendingDailyFactory()
    one = queries_of(lambda: admin.get(DAYS))
    TrendingDailyFactory.create_batch(49)
    assert queries_of(lambda: admin.get(DAYS)) == one == 6
