"""Logging in, renewing and logging out: which tokens hold, and that a used one never holds again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.db import connections
from rest_framework.test import APIClient
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from analytics.models import User

pytestmark = pytest.mark.usefixtures("quick_passwords")

PASSWORD = "correct horse battery"


@pytest.fixture
def ada(stores: None) -> User:
    return User.objects.create_user("Ada", "ada@example.org", PASSWORD)


@pytest.mark.parametrize("name", ["Ada", "ada", "ADA", "\uff21da"])
def test_the_username_in_any_case_and_width_logs_in(ada: User, api: APIClient, name: str) -> None:
    response = post(api, "token", username=name, password=PASSWORD)

    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh"}
    assert history(api, ada, response.json()["access"]).status_code == 200


def test_a_name_that_only_looks_the_same_in_capitals_is_another(ada: User, api: APIClient) -> None:
    """Compared in capitals, "ian" and "ıan" are one name: its owner could no longer log in."""
    for name in ("ian", "\u0131an", "\u03c3", "\u03c2"):
        User.objects.create_user(name, "", PASSWORD)

    for name in ("ian", "\u0131an", "\u03c3", "\u03c2"):
        pair = post(api, "token", username=name, password=PASSWORD).json()
        assert AccessToken(pair["access"])["sub"] == str(User.objects.get(username=name).pk)


@pytest.mark.parametrize(
    ("name", "password"), [("Ada", "wrong"), ("Ada", PASSWORD.upper()), ("nobody", PASSWORD), ("%", PASSWORD)]
)
def test_a_wrong_pair_is_refused_without_saying_what_was_wrong(
    ada: User, api: APIClient, name: str, password: str
) -> None:
    response = post(api, "token", username=name, password=password)

    assert_refused(response, "Username and password do not match an active account.")


def test_an_inactive_viewer_is_refused_everywhere(ada: User, api: APIClient) -> None:
    pair = log_in(api)
    User.objects.update(is_active=False)

    assert_refused(post(api, "token", username="Ada", password=PASSWORD))
    assert_refused(post(api, "token/refresh", refresh=pair["refresh"]))
    assert_refused(history(api, ada, pair["access"]))


def test_a_deleted_viewers_tokens_are_refused(ada: User, api: APIClient) -> None:
    pair = log_in(api)
    user_id = ada.pk
    ada.delete()
    ada.pk = user_id

    assert_refused(history(api, ada, pair["access"]))
    assert_refused(post(api, "token/refresh", refresh=pair["refresh"]))
    assert post(api, "logout", refresh=pair["refresh"]).status_code == 204


def test_a_refresh_token_gives_the_next_pair(ada: User, api: APIClient) -> None:
    first = log_in(api)

    second = post(api, "token/refresh", refresh=first["refresh"])

    assert second.status_code == 200
    assert set(second.json()) == {"access", "refresh"}
    assert {*second.json().values()} & {*first.values()} == set()
    assert history(api, ada, second.json()["access"]).status_code == 200
    assert post(api, "token/refresh", refresh=second.json()["refresh"]).status_code == 200


def test_a_used_refresh_token_is_refused(ada: User, api: APIClient) -> None:
    pair = log_in(api)
    post(api, "token/refresh", refresh=pair["refresh"])

    assert_refused(post(api, "token/refresh", refresh=pair["refresh"]))
    assert_refused(post(api, "logout", refresh=pair["refresh"]))


def test_a_used_refresh_token_ends_every_login_of_its_viewer(ada: User, api: APIClient) -> None:
    first, elsewhere = log_in(api), log_in(api)
    second = post(api, "token/refresh", refresh=first["refresh"]).json()
    other = RefreshToken.for_user(User.objects.create_user("Grace", "", PASSWORD))

    assert_refused(post(api, "token/refresh", refresh=first["refresh"]), "Token is blacklisted")

    for pair in (second, elsewhere):
        assert_refused(post(api, "token/refresh", refresh=pair["refresh"]))
        assert_refused(post(api, "logout", refresh=pair["refresh"]))
    assert post(api, "token/refresh", refresh=str(other)).status_code == 200
    assert post(api, "token/refresh", refresh=log_in(api)["refresh"]).status_code == 200


def test_a_token_that_was_logged_out_counts_as_used(ada: User, api: APIClient) -> None:
    here, elsewhere = log_in(api), log_in(api)
    post(api, "logout", refresh=here["refresh"])

    assert_refused(post(api, "token/refresh", refresh=here["refresh"]))

    assert_refused(post(api, "token/refresh", refresh=elsewhere["refresh"]))


def test_the_successor_used_beside_the_used_token_does_not_outlive_it(ada: User, api: APIClient) -> None:
    """Whichever comes first: no token that holds is left."""
    first = log_in(api)
    second = post(api, "token/refresh", refresh=first["refresh"]).json()

    def renew(refresh: str) -> Any:
        try:
            return post(APIClient(), "token/refresh", refresh=refresh)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        stolen, owners = pool.map(renew, (first["refresh"], second["refresh"]))

    assert_refused(stolen)
    if owners.status_code == 200:
        assert_refused(post(api, "token/refresh", refresh=owners.json()["refresh"]))
    assert not OutstandingToken.objects.filter(blacklistedtoken=None).exists()


def test_a_changed_password_ends_all_tokens_made_before_it(ada: User, api: APIClient) -> None:
    old = log_in(api)
    ada.set_password("another horse battery")
    ada.save()

    assert_refused(
        post(api, "token/refresh", refresh=old["refresh"]), "The password has been changed. Log in again."
    )
    assert_refused(history(api, ada, old["access"]))
    new = post(api, "token", username="Ada", password="another horse battery").json()
    assert history(api, ada, new["access"]).status_code == 200
    assert post(api, "token/refresh", refresh=new["refresh"]).status_code == 200


def test_a_refresh_token_used_ten_times_at_once_gives_one_pair(ada: User, api: APIClient) -> None:
    pair = log_in(api)

    def renew(_: int) -> int:
        try:
            return post(APIClient(), "token/refresh", refresh=pair["refresh"]).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        statuses = sorted(pool.map(renew, range(10)))

    assert statuses == [200] + [401] * 9
    assert OutstandingToken.objects.count() == 2


def test_logging_out_ends_the_refresh_token(ada: User, api: APIClient) -> None:
    pair = log_in(api)

    response = post(api, "logout", refresh=pair["refresh"])

    assert (response.status_code, response.content) == (204, b"")
    assert_refused(post(api, "token/refresh", refresh=pair["refresh"]))
    assert_refused(post(api, "logout", refresh=pair["refresh"]))


def test_logging_out_here_leaves_the_login_elsewhere(ada: User, api: APIClient) -> None:
    here, elsewhere = log_in(api), log_in(api)

    post(api, "logout", refresh=here["refresh"])

    assert post(api, "token/refresh", refresh=elsewhere["refresh"]).status_code == 200


@pytest.mark.parametrize("path", ["token/refresh", "logout"])
def test_what_is_no_refresh_token_is_refused(ada: User, api: APIClient, path: str) -> None:
    pair = log_in(api)

    for text in (pair["access"], "a.b.c", "none", pair["refresh"][:-2], pair["refresh"] + "x"):
        assert_refused(post(api, path, refresh=text))
    assert post(api, path, refresh="").status_code == 400
    assert post(api, path).status_code == 400


FORGED: dict[str, Callable[[dict[str, Any]], str]] = {
    "another key": lambda claims: jwt.encode(claims, "k" * 64, "HS256"),
    "no algorithm": lambda claims: jwt.encode(claims, None, "none"),
    "another algorithm": lambda claims: jwt.encode(claims, settings.SECRET_KEY, "HS512"),
    "expired": lambda claims: signed({**claims, "exp": datetime.now(UTC) - timedelta(seconds=1)}),
    "of another type": lambda claims: signed({**claims, "token_type": "refresh"}),
    "without a type": lambda claims: signed({key: claims[key] for key in claims if key != "token_type"}),
    "without a viewer": lambda claims: signed({key: claims[key] for key in claims if key != "sub"}),
    "without an end": lambda claims: signed({key: claims[key] for key in claims if key != "exp"}),
}


@pytest.mark.parametrize("forged", FORGED)
def test_an_access_token_that_we_did_not_make_so_is_refused(ada: User, api: APIClient, forged: str) -> None:
    claims = dict(AccessToken.for_user(ada).payload)
    assert history(api, ada, signed(claims)).status_code == 200

    assert_refused(history(api, ada, FORGED[forged](claims)))


@pytest.mark.parametrize("forged", ["another key", "no algorithm", "another algorithm", "expired"])
def test_a_refresh_token_that_we_did_not_make_so_is_refused(ada: User, api: APIClient, forged: str) -> None:
    claims = dict(RefreshToken.for_user(ada).payload)

    assert_refused(post(api, "token/refresh", refresh=FORGED[forged](claims)))
    assert_refused(post(api, "logout", refresh=FORGED[forged](claims)))


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer \u00e9", "Bearer nonsense"])
def test_a_header_that_holds_no_token_is_refused(ada: User, api: APIClient, header: str) -> None:
    assert_refused(
        api.get(f"/api/v1/content/users/{ada.pk}/watch-history", headers={"authorization": header})
    )


def test_a_stale_token_does_not_keep_anybody_from_logging_in(ada: User) -> None:
    api = APIClient(headers={"authorization": "Bearer stale"})

    assert post(api, "token", username="Ada", password=PASSWORD).status_code == 200


def post(api: APIClient, path: str, **body: str) -> Any:
    return api.post(f"/api/v1/auth/{path}", body, format="json")


def log_in(api: APIClient) -> dict[str, str]:
    return post(api, "token", username="Ada", password=PASSWORD).json()


def history(api: APIClient, user: User, access: str) -> Any:
    return api.get(
        f"/api/v1/content/users/{user.pk}/watch-history", headers={"authorization": f"Bearer {access}"}
    )


def signed(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, settings.SECRET_KEY, "HS256")


def assert_refused(response: Any, detail: str | None = None) -> None:
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert (response.json()["status"], response.json()["title"]) == (401, "Unauthorized")
    if detail is not None:
        assert response.json()["detail"] == detail
