"""Registering a viewer."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from rest_framework.test import APIClient

from analytics.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.usefixtures("quick_passwords")

ADDRESS = "/api/v1/auth/register"
ADA = {"username": "ada", "email": "ada@example.org", "password": "correct horse battery"}


def test_a_viewer_registers_and_can_log_in(stores: None, api: APIClient) -> None:
    response = api.post(ADDRESS, ADA, format="json")

    user = User.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "user_id": str(user.pk),
        "username": "ada",
        "email": "ada@example.org",
        "registration_date": user.registration_date.isoformat().replace("+00:00", "Z"),
    }
    assert (user.is_active, user.is_staff, user.is_superuser) == (True, False, False)
    assert user.check_password(ADA["password"])
    login = {"username": "ada", "password": ADA["password"]}
    assert api.post("/api/v1/auth/token", login, format="json").status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, "username"),
        ({"username": "ADA", "email": "other@example.org"}, "username"),
        ({"username": "\uff41\uff44\uff41", "email": "other@example.org"}, "username"),
        ({"username": "other"}, "email"),
        ({"username": "other", "email": "ADA@Example.ORG"}, "email"),
    ],
    ids=["the same", "other case", "other width", "same address", "address in other case"],
)
def test_what_another_has_is_a_conflict(
    stores: None, api: APIClient, change: dict[str, str], field: str
) -> None:
    UserFactory(username="ada", email="ada@example.org")

    response = api.post(ADDRESS, {**ADA, **change}, format="json")

    assert response.status_code == 409
    assert response["Content-Type"] == "application/problem+json"
    assert response.json() == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": f"The {field} is taken. Choose another or log in.",
        "code": "conflict",
    }
    assert User.objects.count() == 1


def test_of_ten_who_want_a_name_at_once_one_gets_it(stores: None) -> None:
    def register(number: int) -> int:
        body = {**ADA, "username": "ada" if number % 2 else "Ada", "email": f"ada{number}@example.org"}
        try:
            return APIClient().post(ADDRESS, body, format="json").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        statuses = sorted(pool.map(register, range(10)))

    assert statuses == [201] + [409] * 9
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "password", ["short", "password1234", "8463920571846", "ada@example.org"], ids=lambda text: text
)
def test_a_weak_password_is_refused(stores: None, api: APIClient, password: str) -> None:
    response = api.post(ADDRESS, {**ADA, "password": password}, format="json")

    assert response.status_code == 400
    assert {error["field"] for error in response.json()["errors"]} == {"password"}
    assert User.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": "two words"}, "username"),
        ({"username": ""}, "username"),
        ({"username": "x" * 151}, "username"),
        ({"username": 7.5}, "username"),
        ({"username": ["ada"]}, "username"),
        ({"email": "ada"}, "email"),
        ({"email": ""}, "email"),
        ({"password": ""}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"is_staff": True}, "is_staff"),
        ({"user_id": "5f5c0b9e-0000-4000-8000-000000000000"}, "user_id"),
    ],
)
def test_what_does_not_fit_is_named(
    stores: None, api: APIClient, change: dict[str, object], field: str
) -> None:
    response = api.post(ADDRESS, {**ADA, **change}, format="json")

    assert response.status_code == 400
    assert response.json()["code"] == "invalid"
    assert {error["field"] for error in response.json()["errors"]} == {field}
    assert User.objects.count() == 0


@pytest.mark.parametrize("text", [rb"a\u0000da", rb"\ud800", b"\xff", b"a\x00da"])
@pytest.mark.parametrize("field", ["username", "email", "password"])
def test_a_nul_or_half_a_character_is_refused(stores: None, api: APIClient, field: str, text: bytes) -> None:
    body = b'{"username": "ada", "email": "ada@example.org", "password": "correct horse battery"}'
    held = ADA[field].encode()

    response = api.post(
        ADDRESS, data=body.replace(b'"%s"' % held, b'"%s"' % text), content_type="application/json"
    )

    assert response.status_code == 400
    assert response.json()["code"] == "malformed_json"
    assert User.objects.count() == 0
