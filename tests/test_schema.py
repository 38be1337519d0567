"""The description of the API, its pages, and the endpoints for machines."""

import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openapi_spec_validator import OpenAPIV31SpecValidator
from pytest_django import Settings

from tests.api.operations import document


def test_the_schema_command_has_nothing_to_warn_of() -> None:
    written = StringIO()

    call_command("spectacular", "--validate", "--fail-on-warn", stdout=written)

    assert written.getvalue().startswith("openapi: 3.1.0\n")


def test_the_served_document_is_valid_openapi_3_1(client: Client) -> None:
    answer = client.get("/api/schema", headers={"accept": "application/vnd.oai.openapi+json"})

    assert answer.headers["Content-Type"].startswith("application/vnd.oai.openapi+json")
    assert answer.json() == document()
    assert answer.json()["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(answer.json()).validate()


def test_every_operation_has_a_summary_of_its_own_and_declares_its_problems() -> None:
    paths = document()["paths"]
    described = [operation for methods in paths.values() for operation in methods.values()]

    assert len({operation["operationId"] for operation in described}) == len(described)
    for operation in described:
        assert operation["description"].strip(), operation["operationId"]
        assert {"400", "406", "503"} <= set(operation["responses"])
        assert ("401" in operation["responses"]) or "security" not in operation or {} in operation["security"]
    assert all(path.startswith("/api/v1/") and not path.endswith("/") for path in paths)


@pytest.mark.parametrize("page", ["/api-docs", "/api/redoc"])
def test_a_documentation_page_loads_from_here_alone(client: Client, page: str) -> None:
    answer = client.get(page, headers={"accept": "text/html,*/*;q=0.8"})
    html = answer.content.decode()

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    addresses = re.findall(r"""(?:src|href|spec-url)=["']([^"']+)["']""", html)
    assert len(addresses) >= 2
    assert not re.findall(r"""(?:https?:)?//[\w.-]+""", html), "a foreign host"
    assert "/api/schema" in html
    for address in addresses:
        asset = client.get(address)
        assert asset.status_code == 200, address
        assert len(b"".join(asset) if asset.streaming else asset.content) > 100, address


def test_livez_asks_no_store(stores: None, client: Client) -> None:
    contexts = [CaptureQueriesContext(connections[alias]) for alias in connections]
    for context in contexts:
        context.__enter__()
    answer = client.get("/livez")
    for context in contexts:
        context.__exit__(None, None, None)

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert [len(context) for context in contexts] == [0, 0, 0]
    assert "Server-Timing" not in answer.headers


def test_readyz_names_every_store(stores: None, client: Client) -> None:
    answer = client.get("/readyz")

    body = answer.json()
    assert (answer.status_code, body["status"]) == (200, "ok")
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(body["stores"]) == {"catalog", "analytics", "replica", "reviews", "cache", "state"}
    for store in body["stores"].values():
        assert (store["ok"], store["problem"]) == (True, None)
        assert 0 <= store["milliseconds"] < 5000


def test_metrics_are_prometheus_text(client: Client) -> None:
    answer = client.get("/metrics")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    text = answer.content.decode()
    for name in (
        "streaming_degraded_total",
        "streaming_cache_unreached_total",
        "streaming_throttle_uncounted_total",
    ):
        assert f"# TYPE {name} counter" in text


def test_unknown_hosts_get_no_page_of_the_api(client: Client, settings: Settings) -> None:
    settings.DEBUG = True

    answer = client.get("/api/schema", headers={"host": "evil.example"})

    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
