"""Bring an instance's stores up and down, one by one or all together.

Entry points: `up`, `down`, `reset`, `start_store`, `pid_of`, `status`. Each change holds the
instance's lock. Only processes recorded in `stores.json` are ever stopped. What a person can put
right raises DevError; stores that had started by then stay recorded, so `down` finds them.
"""

import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from dev import citus, environment, placement, ports
from dev.citus import AS_IT_IS, CitusNode, Size
from dev.engine import Engine, Terms
from dev.errors import DevError, NotReady
from dev.fleet import assemble, stop_signals
from dev.instance import Instance, State
from dev.processes import Process, is_alive, stop
from dev.programs import Programs, installed
from dev.starting import Starter

Item = TypeVar("Item")


@dataclass(frozen=True)
class Outcome:
    """What `up` found and did: `started` holds the stores that did not run before."""

    state: State
    home: Path
    started: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class StoreStatus:
    """One line of `status`; `pid` and `version` are those of the last start."""

    store: str
    version: str
    address: str
    pid: int | None
    condition: str


@dataclass(frozen=True)
class _Opened:
    """An instance that is about to change: its lock is held."""

    state: State
    starter: Starter
    engines: list[Engine]
    notes: tuple[str, ...]


def up(instance: Instance, *, fast: bool = False, size: Size = AS_IT_IS) -> Outcome:
    """All stores answer afterwards. Running ones are left alone, crashed ones started again.

    `fast` trades durability for speed and counts for a start from nothing only: while any store
    runs, the others join on its terms.
    """
    with instance.locked():
        opened = _open(instance, fast=fast, size=size)
        running = _running(opened.state)
        _bring_up(opened, opened.engines)
        missing = tuple(store for store in opened.state.stores if store not in running)
        notes = opened.notes + _fast_note(opened.state, asked_for=fast)
        return Outcome(opened.state, opened.starter.terms.home, missing, notes)


def start_store(instance: Instance, store: str) -> int:
    """Bring one store of an existing instance up and return its pid."""
    with instance.locked():
        state = _existing(instance, store)
        opened = _open(instance, fast=state.fast)
        _bring_up(opened, [engine for engine in opened.engines if engine.name == store])
        return opened.state.servers[store].pid


def pid_of(instance: Instance, store: str) -> int | None:
    """The pid of a store's server (PostgreSQL: the postmaster); None while it does not run."""
    process = _existing(instance, store).servers.get(store)
    return process.pid if process and is_alive(process) else None


def down(instance: Instance) -> tuple[str, ...]:
    """Stop what `up` started and still runs; the names of those stores."""
    if not instance.folder.is_dir():
        return ()
    with instance.locked():
        return _stop_all(instance)


def reset(instance: Instance) -> None:
    """`down`, then delete the instance's data, logs and secrets, wherever they are."""
    if not instance.folder.is_dir():
        return
    with instance.locked():
        _stop_all(instance)
        state = State.load(instance)
        placement.remove(instance, _home(instance, state))
        for path in instance.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != "lock":
                path.unlink()
        (instance.folder / "lock").unlink()
        instance.folder.rmdir()


def status(instance: Instance) -> list[StoreStatus]:
    """What each store is doing; an empty list for an instance that does not exist."""
    state = State.load(instance)
    if state is None:
        return []
    terms = Terms(None, _home(instance, state), state.fast)
    engines = assemble(state, variables=environment.read(instance), programs=installed(), terms=terms)
    with ThreadPoolExecutor(len(engines)) as pool:
        return list(pool.map(lambda engine: _status_of(state, engine), engines))


def any_running(instance: Instance) -> bool:
    state = State.load(instance)
    return state is not None and bool(_running(state))


def _status_of(state: State, engine: Engine) -> StoreStatus:
    process = state.servers.get(engine.name)
    return StoreStatus(
        store=engine.name,
        version=state.versions.get(engine.name, "never started"),
        address=f"127.0.0.1:{engine.port}",
        pid=process.pid if process else None,
        condition=_condition(engine, process),
    )


def _condition(engine: Engine, process: Process | None) -> str:
    if process is None:
        return "stopped"
    if not is_alive(process):
        return "crashed"
    try:
        engine.probe()
    except (NotReady, DevError):
        return "not answering"
    return "running"


def _running(state: State) -> set[str]:
    return {store for store, process in state.servers.items() if is_alive(process)}


def _existing(instance: Instance, store: str) -> State:
    state = State.load(instance)
    if state is None:
        raise DevError(
            f"instance {instance.name} does not exist: run `python -m dev --instance {instance.name} up`"
        )
    if store not in state.stores:
        raise DevError(f"{store!r} is no store: choose one of {', '.join(state.stores)}")
    return state


def _home(instance: Instance, state: State | None) -> Path:
    return Path(state.home) if state and state.home else instance.folder


def _open(instance: Instance, *, fast: bool, size: Size = AS_IT_IS) -> _Opened:
    """Load or create the instance and give every store a port, a password and a place."""
    instance.create()
    programs = installed()
    known = State.load(instance)
    state = known or _new_state(instance, programs)
    citus.settle_size(state, size, new=known is None)
    home = _home(instance, state)
    account = placement.account_for(home)
    running = _running(state)
    notes: tuple[str, ...] = ()
    if not running:
        state.fast = fast
        notes = citus.settle_installation(state, citus.find(account))
    if set(state.stores) - running:
        programs = placement.reachable_programs(instance, programs, account)
    state.node_ports = state.node_ports or dict(state.ports)
    ports.assign(instance, state, running=running)
    variables = environment.refresh(instance, state, home / "data")
    state.root = str(instance.root)
    state.save()
    terms = Terms(account, home, state.fast)
    _make_folders(terms)
    engines = assemble(state, variables=variables, programs=programs, terms=terms)
    return _Opened(state, Starter(instance, state, terms), engines, notes)


def _new_state(instance: Instance, programs: Programs) -> State:
    home = placement.choose_home(instance, programs)
    found = citus.find(placement.account_for(home))
    return State(
        path=instance.state_file,
        root=str(instance.root),
        home="" if home == instance.folder else str(home),
        citus_bin=str(found.bin) if found else "",
        documents="mongod" if shutil.which("mongod") else "secantusdb",
    )


def _make_folders(terms: Terms) -> None:
    for folder in (terms.home / "data", terms.conf):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)


def _bring_up(opened: _Opened, engines: list[Engine]) -> None:
    _in_parallel(opened.starter.bring_up, engines)
    nodes = {engine.name: engine for engine in opened.engines if isinstance(engine, CitusNode)}
    if any(engine.name in nodes for engine in engines):
        _join(opened.state, nodes)
    opened.state.save()


def _join(state: State, nodes: dict[str, CitusNode]) -> None:
    try:
        citus.join(state, nodes)
    except NotReady as reason:
        raise DevError(
            f"the Citus nodes cannot be joined ({reason}): run `python -m dev status`, then `up`"
        ) from reason


def _stop_all(instance: Instance) -> tuple[str, ...]:
    state = State.load(instance)
    if state is None:
        return ()
    running = _running(state)

    def end(store: str) -> None:
        stop(state.servers[store], signals=stop_signals(store))
        state.ended(store)

    _in_parallel(end, sorted(running))
    for store in list(state.servers):
        state.ended(store)
    return tuple(store for store in state.stores if store in running)


def _in_parallel(work: Callable[[Item], None], items: Iterable[Item]) -> None:
    """Do `work` on all items at once; when all have ended, raise the first error there was."""
    with ThreadPoolExecutor(max_workers=16) as pool:
        futures = [pool.submit(work, item) for item in items]
    for future in futures:
        future.result()


def _fast_note(state: State, *, asked_for: bool) -> tuple[str, ...]:
    if asked_for == state.fast:
        return ()
    return ("it already ran with --fast" if state.fast else "it already ran durably, not --fast",)
