"""Throw-away instances of `dev` for its own tests; real servers, gone afterwards."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dev import lifecycle
from dev.instance import ROOT, Instance, State
from dev.processes import is_alive


@dataclass(frozen=True)
class Bench:
    """An instance and a way to run `python -m dev` on it."""

    instance: Instance

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "dev", "--instance", self.instance.name, *arguments]

    def run(self, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            cwd=self.instance.root,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.instance.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def state(self) -> State:
        state = State.load(self.instance)
        assert state is not None
        return state

    def pids(self) -> dict[str, int]:
        return {store: process.pid for store, process in self.state.servers.items() if is_alive(process)}


def _fresh_name() -> str:
    return f"devtest-{secrets.token_hex(4)}"


@pytest.fixture
def bench() -> Iterator[Bench]:
    """An instance that does not exist yet."""
    instance = Instance(_fresh_name())
    yield Bench(instance)
    lifecycle.reset(instance)


@pytest.fixture(scope="module")
def running() -> Iterator[Bench]:
    """An instance that is up and durable, shared by a module's tests: leave it up."""
    instance = Instance(_fresh_name())
    lifecycle.up(instance)
    yield Bench(instance)
    lifecycle.reset(instance)


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Bench]:
    """The instance `run` of a clone of its own, out of reach for other users (0700)."""
    shutil.copytree(ROOT / "dev", tmp_path / "clone" / "dev", ignore=shutil.ignore_patterns("__pycache__"))
    tmp_path.chmod(0o700)
    instance = Instance("run", tmp_path / "clone")
    yield Bench(instance)
    lifecycle.reset(instance)
