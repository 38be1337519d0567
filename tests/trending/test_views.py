"""Counting views over HTTP."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connections
from rest_framework.test import APIClient

from analytics.models import User
from catalog.models import Content
from tests.factories import ContentFactory, UserFactory
from tests.outages import away
from trending.counters import count_view, views_of


def count(api: APIClient, content: Content, key: str | None = None) -> int:
    headers = {} if key is None else {"idempotency-key": key}
    answer = api.post(f"/api/v1/content/{content.content_id}/views/increment", headers=headers)
    assert answer.status_code == 200, answer.content
    assert set(answer.json()) == {"message", "views"}
    assert answer.json()["message"] == "View count incremented"
    return int(answer.json()["views"])


def test_each_call_counts_and_answers_the_views_of_all_time(stores: None, api: APIClient) -> None:
    content = ContentFactory()
    count_view(content_id=content.content_id, today=date(2020, 1, 1))

    assert [count(api, content) for _ in range(3)] == [2, 3, 4]


def test_a_key_counts_once_for_its_title(stores: None, api: APIClient) -> None:
    content, other = ContentFactory(), ContentFactory()

    assert [count(api, content, "one"), count(api, content, "one"), count(api, content, "two")] == [1, 1, 2]
    assert count(api, content, "one") == 1
    assert count(api, other, "one") == 1
    assert (views_of(content.content_id), views_of(other.content_id)) == (2, 1)


def test_one_key_sent_at_once_by_many_counts_once(stores: None) -> None:
    content = ContentFactory()

    def post(_: int) -> int:
        try:
            return count(APIClient(), content, "one")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(post, range(24))) == [1] * 24


@pytest.mark.parametrize("key", ["k", "k" * 255, "\xe9\xff", "a b", "*", "'; --"])
def test_any_short_text_is_a_key(stores: None, api: APIClient, key: str) -> None:
    content = ContentFactory()

    assert [count(api, content, key), count(api, content, key)] == [1, 1]


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_an_empty_or_long_key_is_refused_and_counts_nothing(stores: None, api: APIClient, key: str) -> None:
    content = ContentFactory()

    answer = api.post(
        f"/api/v1/content/{content.content_id}/views/increment", headers={"idempotency-key": key}
    )

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "Idempotency-Key")
    assert views_of(content.content_id) == 0


@pytest.mark.parametrize("header", ["Bearer stale", "Bearer", "Bearer a b", "Basic YTpi"])
def test_a_token_that_does_not_hold_stops_no_view(stores: None, header: str) -> None:
    assert count(APIClient(headers={"authorization": header}), ContentFactory()) == 1


def test_a_viewers_view_counts_without_the_accounts_store(
    stores: None, as_viewer: Callable[[User], APIClient]
) -> None:
    content, client = ContentFactory(), as_viewer(UserFactory())

    with away("analytics"):
        assert count(client, content) == 1
