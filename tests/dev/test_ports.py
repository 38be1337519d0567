import random
import socket
from collections.abc import Iterator

import pytest

from dev import ports
from dev.errors import DevError
from dev.instance import CORE_STORES, Instance, State
from tests.dev.conftest import Bench


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """On a port whose neighbours are free, below those that instances and outgoing connections come and go on."""
    quiet = (port for port in random.sample(range(11_000, 19_000), k=8_000) if _free_around(port))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", next(quiet)))
        taken.listen()
        yield taken


def _free_around(port: int) -> bool:
    return all(ports.is_free(neighbour) for neighbour in range(port - 8, port + 9))


def _state(instance: Instance) -> State:
    instance.create()
    return State(
        path=instance.state_file, root=str(instance.root), home="", citus_bin="", documents="secantusdb"
    )


def test_a_taken_port_of_run_is_one_sentence_and_nothing_is_started(
    clone: Bench, listener: socket.socket
) -> None:
    taken = listener.getsockname()[1]
    base = taken - CORE_STORES.index("cache")

    result = clone.run("up", env={"DEV_PORT_BASE": str(base)})

    assert result.returncode == 1
    assert result.stderr.startswith(f"dev: port {taken}, meant for the store cache, is taken")
    assert "DEV_PORT_BASE" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not clone.instance.state_file.exists()


@pytest.mark.parametrize("base", ["", "abc", "80", "65533"])
def test_a_port_base_that_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    monkeypatch.setenv("DEV_PORT_BASE", base)

    with pytest.raises(DevError, match="set it to a number from 1024 to 65500"):
        ports.fixed_ports()


def test_another_instance_keeps_its_ports_and_replaces_a_taken_one(
    bench: Bench, listener: socket.socket
) -> None:
    state = _state(bench.instance)
    ports.assign(bench.instance, state, running=set())
    first = dict(state.ports)
    state.ports["analytics"] = listener.getsockname()[1]

    ports.assign(bench.instance, state, running=set())

    assert len(set(first.values())) == len(CORE_STORES)
    assert state.ports["analytics"] != listener.getsockname()[1]
    assert {**state.ports, "analytics": first["analytics"]} == first


def test_a_running_store_keeps_its_port(bench: Bench, listener: socket.socket) -> None:
    state = _state(bench.instance)
    state.ports["cache"] = listener.getsockname()[1]

    ports.assign(bench.instance, state, running={"cache"})

    assert state.ports["cache"] == listener.getsockname()[1]
