"""One probe per store: it tells which is away, and never raises for that."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connections
from rest_framework.test import APIClient

from streaming.stores.probes import probe_all
from streaming.stores.replication.fencing import fence, unfence
from tests.factories import UserFactory

STORES = ["catalog", "analytics", "replica", "reviews", "cache", "state"]
MANDATORY = {"catalog"}  # the rest is optional for what the public reads


def test_every_store_is_there(stores: None) -> None:
    probes = probe_all()

    assert [probe.store for probe in probes] == STORES
    assert {probe.store for probe in probes if probe.mandatory} == MANDATORY
    assert [probe.problem for probe in probes] == [""] * len(STORES)
    assert all(probe.ok and 0 < probe.milliseconds < 5000 for probe in probes)


@pytest.mark.parametrize(
    ("store", "problem"),
    [
        ("catalog", "OperationalError"),
        ("analytics", "OperationalError"),
        ("replica", "OperationalError"),
        ("reviews", "ServerSelectionTimeoutError"),
        ("cache", "ConnectionError"),
        ("state", "ConnectionError"),
    ],
)
def test_a_store_that_is_away_is_named_and_the_others_are_well(
    without: Callable[[str], None], api: APIClient, store: str, problem: str
) -> None:
    without(store)

    assert {probe.store: probe.problem for probe in probe_all()} == {
        **dict.fromkeys(STORES, ""),
        store: problem,
    }
    ready = api.get("/readyz")
    assert ready.status_code == (503 if store in MANDATORY else 200)
    assert ready.json()["status"] == ("unavailable" if store in MANDATORY else "degraded")


def test_a_probe_tells_version_and_address_but_readyz_keeps_them_to_itself(
    stores: None, api: APIClient
) -> None:
    probes = {probe.store: probe for probe in probe_all()}

    place = connections["catalog"].settings_dict
    assert probes["catalog"].address == f"{place['HOST']}:{place['PORT']}"
    assert probes["state"].address == urlsplit(settings.STATE_URL).netloc
    products = {store: probe.version.split()[0] for store, probe in probes.items()}
    assert products == {
        **dict.fromkeys(["catalog", "analytics", "replica"], "PostgreSQL"),
        "reviews": "MongoDB",
        "cache": "Valkey",
        "state": "Valkey",
    }
    assert {tuple(store) for store in api.get("/readyz").json()["stores"].values()} == {
        ("ok", "milliseconds", "problem")
    }


def test_a_store_that_is_away_tells_the_drivers_reason(without: Callable[[str], None]) -> None:
    without("state")

    (state,) = [probe for probe in probe_all() if probe.store == "state"]

    assert state.reason.startswith("Error 111 connecting to 127.0.0.1:1")
    assert (state.address, state.version) == ("127.0.0.1:1", "")


def test_a_connection_that_died_is_well_at_the_next_probe(stores: None) -> None:
    with connections["catalog"].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    other = connections["catalog"].copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
    other.close()

    problems = [{probe.store: probe.problem for probe in probe_all()}["catalog"] for _ in range(2)]

    assert problems == ["OperationalError", ""]


def test_readyz_names_a_primary_that_takes_no_writes(
    stores: None, alone_on_servers: None, api: APIClient
) -> None:
    """It said that all was well while every write was answered with 503."""
    fence("default")
    try:
        ready = api.get("/readyz")
    finally:
        unfence("default")

    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    problems = {name: (store["ok"], store["problem"]) for name, store in ready.json()["stores"].items()}
    assert problems == {**dict.fromkeys(STORES, (True, None)), "analytics": (False, "fenced")}
    assert api.get("/readyz").json()["status"] == "ok"


def test_readyz_tells_how_far_the_replica_is_behind(
    replicated: Callable[[], None], without: Callable[[str], None], api: APIClient
) -> None:
    UserFactory()
    replicated()
    assert isinstance(api.get("/readyz").json()["replication"]["lag_bytes"], int)

    without("analytics")

    assert api.get("/readyz").json()["replication"] == {"lag_bytes": None}
