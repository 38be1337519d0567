"""Rate limits: exact, per caller, and never in the way when their store is."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from prometheus_client import REGISTRY
from pytest_django import Settings
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.views import APIView

from analytics.models import User
from streaming.api.throttles import AuthThrottle, address_of, rate_of
from streaming.stores.redis import state
from tests.factories import ContentFactory, UserFactory
from tests.outages import away

PEER = "192.0.2.7"


@pytest.fixture
def three_a_minute(stores: None, settings: Settings) -> None:
    settings.THROTTLE_RATES = {"auth": "3/min", "write": "3/min"}


def test_calls_past_the_rate_are_refused_and_told_when_to_come_back(three_a_minute: None) -> None:
    statuses = [log_out().status_code for _ in range(3)]

    refused = log_out()

    assert statuses == [401, 401, 401]
    assert refused.status_code == 429
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "throttled"
    assert refused.json()["title"] == "Too Many Requests"
    assert 50 <= int(refused["Retry-After"]) <= 60
    assert refused["RateLimit-Limit"] == "3"
    assert refused["RateLimit-Remaining"] == "0"
    assert refused["RateLimit-Reset"] == refused["Retry-After"]


def test_refused_calls_do_not_move_the_window(three_a_minute: None) -> None:
    log_out()
    (key,) = state().keys("throttle:*")
    state().expire(key, 7)

    answers = [log_out() for _ in range(5)]

    assert [answer.status_code for answer in answers] == [401, 401, 429, 429, 429]
    assert int(answers[-1]["Retry-After"]) in (6, 7)


def test_a_new_window_lets_calls_pass_again(three_a_minute: None) -> None:
    for _ in range(4):
        log_out()
    state().delete(*state().keys("throttle:*"))  # as it ends

    assert log_out().status_code == 401


@pytest.mark.parametrize("path", ["register", "token", "token/refresh", "logout"])
def test_every_call_of_accounts_counts_against_one_limit(three_a_minute: None, path: str) -> None:
    for _ in range(3):
        log_out()

    assert APIClient().post(f"/api/v1/auth/{path}", {}, format="json").status_code == 429


def test_of_two_hundred_calls_at_once_exactly_the_rate_passes(stores: None, settings: Settings) -> None:
    settings.THROTTLE_RATES = {"auth": "50/min", "write": "50/min"}

    def call(_: int) -> bool:
        return AuthThrottle().allow_request(request_of(PEER), APIView())

    with ThreadPoolExecutor(16) as pool:
        passed = list(pool.map(call, range(200)))

    assert (passed.count(True), passed.count(False)) == (50, 150)


def test_writes_are_limited_per_viewer_and_not_per_address(
    three_a_minute: None, as_viewer: Callable[[User], APIClient]
) -> None:
    content = ContentFactory()
    ada, grace = (as_viewer(user) for user in UserFactory.create_batch(2))
    address = f"/api/v1/content/{content.content_id}/reviews"

    def review(client: APIClient) -> int:
        return client.post(address, {"rating": 8, "comment": "Yes."}, format="json").status_code

    assert [review(ada) for _ in range(4)] == [201, 409, 409, 429]
    assert review(grace) == 201


def test_views_are_limited_per_address_whoever_watches(
    three_a_minute: None, as_viewer: Callable[[User], APIClient]
) -> None:
    """Nobody is asked who they are there: see the view."""
    address = f"/api/v1/content/{ContentFactory().content_id}/views/increment"
    clients = [as_viewer(UserFactory()), APIClient(), as_viewer(UserFactory()), APIClient()]

    assert [client.post(address).status_code for client in clients] == [200, 200, 200, 429]


def test_without_proxies_a_forwarded_address_is_ignored(three_a_minute: None, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 0

    statuses = [log_out(forwarded=f"198.51.100.{number}").status_code for number in range(4)]

    assert statuses == [401, 401, 401, 429]


def test_behind_a_proxy_each_client_has_a_limit_of_its_own(three_a_minute: None, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1

    assert [log_out(forwarded="198.51.100.1").status_code for _ in range(4)] == [401, 401, 401, 429]
    assert log_out(forwarded="198.51.100.2").status_code == 401
    assert log_out(forwarded="198.51.100.2, 198.51.100.1").status_code == 429


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "198.51.100.1", PEER),
        (0, "", PEER),
        (1, "", PEER),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        (1, "203.0.113.9,198.51.100.1,", "198.51.100.1"),
        (2, "198.51.100.1", PEER),
        (2, "203.0.113.9, 198.51.100.1, 192.0.2.1", "198.51.100.1"),
        (1, "2001:DB8:0::1", "2001:db8::/64"),
        (1, "throttle:auth:x", "unknown"),
        (1, "198.51.100.1:4711", "unknown"),
    ],
)
def test_the_address_is_the_one_the_last_trusted_proxy_saw(
    settings: Settings, proxies: int, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies

    assert address_of(request_of(PEER, forwarded)) == address


def test_without_the_counter_calls_pass_logged_and_counted(
    three_a_minute: None, caplog: pytest.LogCaptureFixture
) -> None:
    before = uncounted()

    with away("state"), caplog.at_level(logging.WARNING, "streaming.api.throttles"):
        statuses = [log_out().status_code for _ in range(5)]

    assert statuses == [401] * 5
    assert uncounted() == before + 5
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "throttle auth not counted"
    ] * 5


def test_a_limit_leaves_nothing_behind_when_its_window_ends(three_a_minute: None) -> None:
    log_out()

    (key,) = state().keys("throttle:*")
    assert 50 < state().ttl(key) <= 60


@pytest.mark.parametrize(
    ("text", "calls", "seconds"), [("20/min", 20, 60), ("5/s", 5, 1), ("1000/h", 1000, 3600)]
)
def test_a_rate_is_read_from_the_settings(text: str, calls: int, seconds: int) -> None:
    assert (rate_of(text).calls, rate_of(text).seconds) == (calls, seconds)


@pytest.mark.parametrize("text", ["20", "20/day", "x/min", "20/min/s", ""])
def test_what_is_no_rate_is_an_error(text: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        rate_of(text)


def log_out(forwarded: str = "") -> Any:
    """The cheapest call that counts: with a token that never holds."""
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    return APIClient().post("/api/v1/auth/logout", {"refresh": "none"}, format="json", headers=headers)


def request_of(peer: str, forwarded: str = "") -> Request:
    request = Request(APIRequestFactory().post("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded))
    request.user = AnonymousUser()
    return request


def uncounted() -> float:
    return REGISTRY.get_sample_value("streaming_throttle_uncounted_total") or 0.0
