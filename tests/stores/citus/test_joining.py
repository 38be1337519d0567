from dataclasses import replace

import pytest

from streaming.stores.addresses import Address, BadAddress
from streaming.stores.citus.joining import Server, refusal

COORDINATOR = Server(
    identity="1",
    is_standby=False,
    postgresql="18.6",
    citus="14.0-1",
    preloads_citus=True,
    wal_level="logical",
    decodes_for_citus=True,
    locale="UTF8 C C.UTF-8",
    has_database=True,
)
FRESH = replace(COORDINATOR, identity="2", has_database=False)


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        (FRESH, None),
        (COORDINATOR, "it is the coordinator itself"),
        (replace(FRESH, is_standby=True), "it is a standby of another server"),
        (replace(FRESH, postgresql="17.9"), "it runs PostgreSQL 17.9, the coordinator 18.6"),
        (replace(FRESH, citus=""), "Citus is not installed there"),
        (replace(FRESH, citus="13.2-1"), "it has Citus 13.2-1, the coordinator 14.0-1"),
        (replace(FRESH, preloads_citus=False), "citus is not in its shared_preload_libraries"),
        (
            replace(FRESH, wal_level="replica"),
            "its wal_level is replica, and moving shards while they are written needs logical",
        ),
        (
            replace(FRESH, decodes_for_citus=False),
            "citus is not in its output_plugin_libraries, so shards could not be moved",
        ),
        (
            replace(FRESH, locale="UTF8 en_US en_US"),
            "its database sorts as UTF8 en_US en_US, the coordinator's as UTF8 C C.UTF-8",
        ),
    ],
)
def test_a_server_that_cannot_be_a_node_is_told_why(server: Server, reason: str | None) -> None:
    assert refusal(server, COORDINATOR) == reason


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.0.0.7:5432", Address("10.0.0.7", 5432)),
        ("catalog-worker-3:5432", Address("catalog-worker-3", 5432)),
        ("[fd00::7]:6000", Address("fd00::7", 6000)),
    ],
)
def test_an_address_is_read_as_it_is_written(text: str, address: Address) -> None:
    assert Address.parse(text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    "text", ["", "10.0.0.7", ":5432", "a:0", "a:65536", "a:b", "a b:1", "fd00::7:6000", "a:1;x"]
)
def test_anything_else_is_no_address(text: str) -> None:
    with pytest.raises(BadAddress, match="of the form HOST:PORT"):
        Address.parse(text)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("", True),
        ("10.0.0.7", False),
        ("catalog", False),
    ],
)
def test_a_loopback_address_is_one_by_which_another_machine_finds_itself(host: str, loopback: bool) -> None:
    assert Address(host, 5432).is_loopback is loopback
