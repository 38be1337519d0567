"""What every kind of server has in common; `dev.lifecycle` deals with stores through this alone."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dev.processes import Account, Launch, Process


@dataclass(frozen=True)
class Terms:
    """The terms on which an instance's servers run: as whom, where, and how durably."""

    account: Account | None
    home: Path
    fast: bool

    @property
    def conf(self) -> Path:
        return self.home / "conf"

    @property
    def owner(self) -> tuple[int, int] | None:
        return (self.account.uid, self.account.gid) if self.account else None


class Engine(Protocol):
    """A server of one store."""

    @property
    def name(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def stop_signals(self) -> tuple[signal.Signals, ...]: ...

    def build(self, folder: Path, spawn: Callable[[Launch], Process]) -> None:
        """Make a new data folder's content in `folder`, which exists and is empty."""

    def command(self, folder: Path) -> Launch:
        """How to start the server on its data; raises DevError if the data is not its own."""

    def probe(self) -> str:
        """Speak the protocol once, logged in; the engine and version, or NotReady."""

    def settle(self) -> None:
        """Make what must exist inside a server that answers (idempotent)."""
