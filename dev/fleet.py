"""Which servers an instance has: its stores' names turned into engines."""

import shutil
import signal
from pathlib import Path

from dev.citus import CitusNode, Part, part_of
from dev.documents import MongodServer, SecantusServer
from dev.engine import Engine, Terms
from dev.environment import DATABASES, original, passwords
from dev.errors import DevError
from dev.instance import State
from dev.postgres import Installation, PostgresServer
from dev.programs import Programs
from dev.valkey import CACHE, FAST_STATE, STATE, ValkeyServer


def assemble(state: State, *, variables: dict[str, str], programs: Programs, terms: Terms) -> list[Engine]:
    """An engine for each of the instance's stores, in their fixed order."""
    secrets = passwords(variables)
    makers = {
        "cache": (CACHE, CACHE),
        "state": (STATE, FAST_STATE),
    }
    engines: list[Engine] = []
    for name in state.stores:
        port, password = state.ports[name], secrets[original(name)]
        if name in makers:
            settings = makers[name][terms.fast]
            engines.append(ValkeyServer(name, port, password, programs.valkey, settings, terms))
        elif name == "documents":
            engines.append(_documents(state, port, password, programs, terms))
        else:
            engines.append(_postgres(state, name, password, programs, terms))
    return engines


def stop_signals(store: str) -> tuple[signal.Signals, ...]:
    """How a store's server is asked to end. By name alone: `down` works without its programs."""
    kind = PostgresServer if original(store) in DATABASES else ValkeyServer
    return kind.stop_signals


def _documents(state: State, port: int, password: str, programs: Programs, terms: Terms) -> Engine:
    if state.documents == "secantusdb":
        return SecantusServer("documents", port, password, programs.secantusd, terms)
    mongod = shutil.which("mongod")
    if mongod is None:
        raise DevError(
            "this instance's documents were made by mongod, which is not on PATH any more: "
            "put it back, or `reset`"
        )
    return MongodServer("documents", port, password, Path(mongod), terms)


def _postgres(state: State, name: str, password: str, programs: Programs, terms: Terms) -> PostgresServer:
    port, database = state.ports[name], DATABASES[original(name)]
    part = part_of(state, name)
    if part is not None:
        return CitusNode(
            name=name,
            port=port,
            password=password,
            database=database,
            installation=Installation(
                Path(state.citus_bin), "with Citus, spare" if part is Part.SPARE else "with Citus"
            ),
            terms=terms,
            part=part,
        )
    wheel = Installation(programs.postgres_bin, "wheel, no Citus")
    return PostgresServer(
        name=name,
        port=port,
        password=password,
        database=database,
        installation=wheel,
        terms=terms,
    )
