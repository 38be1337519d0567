"""Break one store of an instance on purpose, for tests of what the platform does then.

`start_store` of `dev.lifecycle` brings a killed store back with its data. All of these raise
DevError for a store that does not run.
"""

import signal

from dev.errors import DevError
from dev.instance import Instance, State
from dev.processes import Process, family, is_alive, send, wait_for_end


def kill(instance: Instance, store: str) -> None:
    """SIGKILL, as the system does when memory runs out; returns when the server is gone."""
    process = _server(instance, store)
    members = family(process)
    send(process, signal.SIGKILL)
    for member in members:  # the children of a killed postmaster leave by themselves
        wait_for_end(member, seconds=10)


def freeze(instance: Instance, store: str) -> None:
    """SIGSTOP to the server and its children: connections stay open, nothing answers."""
    for member in family(_server(instance, store)):
        send(member, signal.SIGSTOP)


def thaw(instance: Instance, store: str) -> None:
    for member in family(_server(instance, store)):
        send(member, signal.SIGCONT)


def _server(instance: Instance, store: str) -> Process:
    state = State.load(instance)
    process = state.servers.get(store) if state else None
    if process is None or not is_alive(process):
        raise DevError(f"{store} of instance {instance.name} does not run")
    return process
