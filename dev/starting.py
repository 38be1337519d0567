"""Bring one server up: build its data if there is none, start it, wait until it answers.

Entry point: `Starter.bring_up`. Data is built under another name and renamed when it is whole, so
that a command killed half-way leaves nothing that looks like data. A server that dies while it
starts raises DevError with the last lines of its log.
"""

import os
import shutil
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dev.engine import Engine, Terms
from dev.errors import DevError, NotReady, disk_full_sentence
from dev.instance import Instance, State
from dev.processes import POLL_SECONDS, Launch, Process, is_alive, spawn, stop

# Long: a PostgreSQL that was killed first replays its log, a Valkey reads its file.
START_SECONDS = 120.0
ANSWER_SECONDS = 8.0
# How long the backends of a killed PostgreSQL may take to notice and let go of its memory.
LETTING_GO_SECONDS = 15.0
STILL_HELD = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')
ERROR_LINES = 6


@dataclass(frozen=True)
class Starter:
    instance: Instance
    state: State
    terms: Terms

    def bring_up(self, engine: Engine) -> None:
        """Afterwards the store answers and holds what it must; no more than a look if it does."""
        folder = self.terms.home / "data" / engine.name
        process = self.state.servers.get(engine.name)
        alive = process is not None and is_alive(process)
        if process and alive and folder.is_dir():
            version = self._wait(engine, process, seconds=ANSWER_SECONDS)
        else:
            if process and alive:  # a killed `up` left the server that was building the data
                stop(process, signals=engine.stop_signals)
            self._build(engine, folder)
            version = self._start(engine, folder)
        self.state.versions[engine.name] = version
        try:
            engine.settle()
        except NotReady as reason:
            raise DevError(f"{engine.name} stopped answering while it was set up: {reason}") from reason

    def _build(self, engine: Engine, folder: Path) -> None:
        _sweep(folder)
        if folder.is_dir():
            return
        fresh = folder.with_name(f"{engine.name}.new-{os.getpid()}")
        fresh.mkdir(parents=True, mode=0o700)
        if self.terms.owner:
            os.chown(fresh, *self.terms.owner)
        engine.build(fresh, partial(self._spawn, engine.name))
        self.state.ended(engine.name)  # a server that helped with building is gone by now
        fresh.rename(folder)
        _sweep(
            folder
        )  # again: the `initdb` of a killed `up` goes on for a while, and writes what was just deleted

    def _spawn(self, store: str, launch: Launch) -> Process:
        return spawn(
            launch,
            log=self.instance.log(store),
            home=self.terms.home / "data",
            account=self.terms.account,
            record=partial(self.state.started, store),
        )

    def _start(self, engine: Engine, folder: Path) -> str:
        """Start and wait; again, if only the leftovers of a killed server are in the way."""
        deadline = time.monotonic() + LETTING_GO_SECONDS
        while True:
            launch = engine.command(folder)
            log = self.instance.log(engine.name)
            offset = log.stat().st_size if log.exists() else 0
            process = self._spawn(engine.name, launch)
            try:
                return self._wait(engine, process, seconds=START_SECONDS, offset=offset)
            except DevError as error:
                held = any(words in str(error) for words in STILL_HELD)
                if not held or time.monotonic() > deadline:
                    raise
            time.sleep(POLL_SECONDS)

    def _wait(self, engine: Engine, process: Process, *, seconds: float, offset: int = 0) -> str:
        deadline = time.monotonic() + seconds
        while True:
            try:
                return engine.probe()
            except NotReady as not_ready:
                reason = str(not_ready)
            if not is_alive(process):
                raise self._died(engine, offset)
            if time.monotonic() > deadline:
                raise DevError(
                    f"{engine.name} (pid {process.pid}) runs but does not answer ({reason}): "
                    f"run `python -m dev --instance {self.instance.name} down`, then `up`"
                )
            time.sleep(POLL_SECONDS)

    def _died(self, engine: Engine, offset: int) -> DevError:
        log = self.instance.log(engine.name)
        with log.open("rb") as handle:
            if offset <= log.stat().st_size:
                handle.seek(offset)
            words = handle.read().decode(errors="replace")
        if "No space left on device" in words:
            return DevError(disk_full_sentence(self.terms.home))
        lines = [f"  {line}" for line in words.splitlines()[-ERROR_LINES:]]
        return DevError("\n".join([f"{engine.name} ended while it started; see {log}:", *lines]))


def _sweep(folder: Path) -> None:
    """Deletes what killed builds of the folder left."""
    for leftover in folder.parent.glob(f"{folder.name}.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
