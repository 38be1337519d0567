"""Ports of an instance, all on 127.0.0.1.

`run` has fixed ones, counted from DEV_PORT_BASE, so that addresses can be bookmarked; it keeps those it
had when the variable is not set, and while any of its stores runs. Any other instance picks free ones once
and keeps them. A port of `run` that somebody else holds is a DevError; another instance takes a new one.
"""

import os
import random
import socket

from dev.errors import DevError
from dev.instance import CORE_STORES, DEFAULT_NAME, MOST_NODES, Instance, State, worker_names

DEFAULT_BASE = 15400
# Below the ports that the system hands to outgoing connections: those come and go by themselves.
FREE_RANGE = range(20000, 30000)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return not is_listening(port)  # macOS lets one bind beside a listener on all addresses


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def pick_free(*, avoid: set[int]) -> int:
    for port in random.sample(FREE_RANGE, k=len(FREE_RANGE)):
        if port not in avoid and is_free(port):
            return port
    raise DevError("no port between 20000 and 29999 is free on 127.0.0.1: stop some servers")


def fixed_ports() -> dict[str, int]:
    """The ports of `run`; DevError unless DEV_PORT_BASE leaves room for them."""
    text = os.environ.get("DEV_PORT_BASE", str(DEFAULT_BASE))
    if not text.isdecimal() or not 1024 <= int(text) <= 65500:
        raise DevError(f"DEV_PORT_BASE is {text!r}: set it to a number from 1024 to 65500")
    return {store: int(text) + offset for offset, store in enumerate(CORE_STORES + worker_names(MOST_NODES))}


def assign(instance: Instance, state: State, *, running: set[str]) -> None:
    """Give every store that does not run a port that is free now. Changes `state.ports`."""
    idle = [store for store in state.stores if store not in running]
    if instance.name == DEFAULT_NAME:
        _assign_fixed(state, idle)
        return
    for store in idle:
        if store not in state.ports or not is_free(state.ports[store]):
            taken = {*state.ports.values(), *state.node_ports.values()}
            avoid = _ports_of_other_instances(instance) | taken
            state.ports[store] = pick_free(avoid=avoid)


def _assign_fixed(state: State, idle: list[str]) -> None:
    fixed = fixed_ports()
    # A store that comes back somewhere else would be lost to those that know its address.
    keep = "DEV_PORT_BASE" not in os.environ or len(idle) < len(state.stores)
    for store in idle:
        port = state.ports.get(store, fixed[store]) if keep else fixed[store]
        if not is_free(port):
            raise DevError(
                f"port {port}, meant for the store {store}, is taken by another program: "
                "stop that program, or set DEV_PORT_BASE to another number (default "
                f"{DEFAULT_BASE}) and run this again"
            )
        state.ports[store] = port


def _ports_of_other_instances(instance: Instance) -> set[int]:
    """Ports that an instance which is down at the moment will want back."""
    folders = (path for path in instance.folder.parent.iterdir() if path.is_dir())
    others = (Instance(path.name, instance.root) for path in folders if path != instance.folder)
    states = (State.load(other) for other in others)
    return {port for state in states if state for port in state.ports.values()}
