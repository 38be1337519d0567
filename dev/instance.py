"""An instance: its name, its files under `.local/<name>/`, its lock and what it remembers.

Entry points: `Instance.named`, `Instance.locked`, `State.load`. A damaged `stores.json` raises
DevError; a lock held by another command is waited for.
"""

import fcntl
import json
import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dev.errors import DevError
from dev.processes import Process

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_NAME = "run"
CORE_STORES = ("catalog", "analytics", "replica", "cache", "state", "documents")
WORKER = "worker"
DEFAULT_WORKERS = 2
MOST_NODES = 16


def worker_names(count: int) -> tuple[str, ...]:
    """The names of the catalog's first `count` servers beside the coordinator."""
    return tuple(f"{WORKER}{number}" for number in range(1, count + 1))


@dataclass(frozen=True)
class Instance:
    """One set of stores; `root` is the clone that it belongs to."""

    name: str
    root: Path = ROOT

    @classmethod
    def named(cls, name: str) -> "Instance":
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,40}", name):
            raise DevError(f"{name!r} is no instance name: use small letters, digits, - and _, at most 41")
        return cls(name)

    @property
    def folder(self) -> Path:
        return self.root / ".local" / self.name

    @property
    def state_file(self) -> Path:
        return self.folder / "stores.json"

    @property
    def env_file(self) -> Path:
        return self.folder / "stores.env"

    def log(self, store: str) -> Path:
        return self.folder / "logs" / f"{store}.log"

    def create(self) -> None:
        (self.folder / "logs").mkdir(parents=True, exist_ok=True)
        ignore = self.root / ".local" / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the instance for one command; another one on the same instance waits.

        `reset` deletes the lock file while it holds it: whoever waited on the deleted file then
        takes the new one.
        """
        path = self.folder / "lock"
        while True:
            self.folder.mkdir(parents=True, exist_ok=True)
            with path.open("a") as handle:
                _wait_for(handle.fileno(), self.name)
                if path.exists() and path.stat().st_ino == os.fstat(handle.fileno()).st_ino:
                    yield
                    return


def _wait_for(descriptor: int, name: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"dev: waiting for another command on instance {name}", file=sys.stderr)
        fcntl.flock(descriptor, fcntl.LOCK_EX)


@dataclass
class State:
    """What `stores.json` keeps between commands. Saved whole at every change, by rename.

    `home` is the folder with the data, "" where that is the instance's own. `citus_bin` ("" for
    a catalog without Citus) and `documents` tell what the data was made with: nothing else can
    read it.

    Of a catalog with Citus: `workers` servers are joined to it and `spares` more are not. `joined` are
    those that `up` has joined, once: one that was taken out by command stays out. `node_ports` are the
    ports by which the nodes know each other; `moving` (node id to store) are those whose ports are just
    being corrected.
    """

    path: Path
    root: str
    home: str
    citus_bin: str
    documents: str
    fast: bool = False
    workers: int = DEFAULT_WORKERS
    spares: int = 0
    ports: dict[str, int] = field(default_factory=dict)
    servers: dict[str, Process] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    joined: list[str] = field(default_factory=list)
    node_ports: dict[str, int] = field(default_factory=dict)
    moving: dict[str, str] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def load(cls, instance: Instance) -> "State | None":
        """The instance's state; None if it has none yet."""
        if not instance.state_file.exists():
            return None
        try:
            kept = json.loads(instance.state_file.read_text())
            servers = {name: Process(**process) for name, process in kept.pop("servers").items()}
            state = cls(path=instance.state_file, servers=servers, **kept)
        except (ValueError, TypeError, KeyError) as error:
            raise DevError(
                f"{instance.state_file} is damaged ({error}): stop by hand what still runs "
                f"and delete the folder {instance.folder}"
            ) from error
        if state.root != str(instance.root) and Path(state.root).exists():
            return None  # a copied clone: those servers, and data elsewhere, are the original's
        return state

    @property
    def stores(self) -> tuple[str, ...]:
        return CORE_STORES + self.worker_stores + self.spare_stores

    @property
    def worker_stores(self) -> tuple[str, ...]:
        """The servers that `up` joins to the catalog."""
        return worker_names(self.workers) if self.citus_bin else ()

    @property
    def spare_stores(self) -> tuple[str, ...]:
        """The servers that are there to be joined by command."""
        return worker_names(self.workers + self.spares)[self.workers :] if self.citus_bin else ()

    def started(self, store: str, process: Process) -> None:
        """Remember a process at once: if we are killed next, `down` still finds it."""
        with self._guard:
            self.servers[store] = process
            self._write()

    def ended(self, store: str) -> None:
        with self._guard:
            self.servers.pop(store, None)
            self._write()

    def save(self) -> None:
        with self._guard:
            self._write()

    def _write(self) -> None:
        kept = {
            "root": self.root,
            "home": self.home,
            "citus_bin": self.citus_bin,
            "documents": self.documents,
            "fast": self.fast,
            "workers": self.workers,
            "spares": self.spares,
            "ports": self.ports,
            "servers": {name: asdict(process) for name, process in self.servers.items()},
            "versions": self.versions,
            "joined": self.joined,
            "node_ports": self.node_ports,
            "moving": self.moving,
        }
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(kept, indent=2) + "\n")
        fresh.replace(self.path)
