"""Processes: start one that outlives us, recognise it later, stop it.

Entry points: `spawn`, `is_alive`, `stop`, `run`. A process is recognised by its pid *and* its birth
mark, so that a pid which another program has got meanwhile is never taken for ours.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped, unused-ignore]

POLL_SECONDS = 0.03
# The child becomes the server only when told to; told nothing, because we were killed, it ends.
GATE = 'read -r go && exec "$@" </dev/null'
LOG_LIMIT_BYTES = 16 * 1024 * 1024

# Keeps the handles of servers that this process started: dropping one warns that it still runs.
_handles: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Account:
    """The unprivileged user and group that servers run as when we are root."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Launch:
    """How to start a server: its command line and what it gets on top of the base environment."""

    argv: list[str]
    env: Mapping[str, str]


@dataclass(frozen=True)
class Process:
    pid: int
    birth: str


def birth_mark(pid: int) -> str | None:
    """What tells this process from any other that has or will have its pid; None if it is gone.

    Not the wall-clock start time: that moves when the clock is set. A zombie counts as gone.
    """
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None
        fields = stat.rpartition(")")[2].split()  # the name before it may hold blanks
        state, start_ticks = fields[0], fields[19]
        return None if state in "ZX" else f"{_boot_id()}/{start_ticks}"
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else str(process.create_time())
    except psutil.NoSuchProcess:
        return None


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def is_alive(process: Process) -> bool:
    handle = _handles.get(process.pid)
    if handle is not None and handle.poll() is not None:  # reaps it, if it was our child
        del _handles[process.pid]
    return birth_mark(process.pid) == process.birth


def base_environment(home: Path) -> dict[str, str]:
    """A server's environment: ours holds secrets and PG* variables that would change its ways."""
    kept = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")
    inherited = {name: os.environ[name] for name in kept if name in os.environ}
    return {**inherited, "HOME": str(home), "TZ": "UTC", "LC_MESSAGES": "C"}


def spawn(
    launch: Launch,
    *,
    log: Path,
    home: Path,
    account: Account | None,
    record: Callable[[Process], None],
) -> Process:
    """Start a server in its own session, so that neither Ctrl-C nor a closed terminal ends it.

    `record` notes its process before there is a server: killed in between, we leave none behind that
    nobody knows of.
    """
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".old.log"))
    hears, told = os.pipe()
    with log.open("ab") as output, open(hears, "rb") as gate:
        handle = subprocess.Popen(
            ["/bin/sh", "-c", GATE, "sh", *launch.argv],
            stdin=gate,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={**base_environment(home), **launch.env},
            start_new_session=True,
            umask=0o077,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    _handles[handle.pid] = handle
    # Our own child cannot vanish before we have waited for it; a zombie has no mark of its own.
    process = Process(handle.pid, birth_mark(handle.pid) or "ended")
    record(process)
    with suppress(BrokenPipeError), open(told, "wb") as gate:  # broken: whoever waits for it will see
        gate.write(b"go\n")
    return process


def run(
    argv: Sequence[str | Path], *, account: Account | None, home: Path = Path("/")
) -> subprocess.CompletedProcess[str]:
    """Run a short program to its end as the servers' user; the caller looks at its exit code."""
    return subprocess.run(
        [str(part) for part in argv],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd="/",
        env=base_environment(home),
        umask=0o077,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def stop(process: Process, *, signals: Sequence[signal.Signals], grace: float = 12.0) -> None:
    """End a process: each signal in turn with `grace` seconds to obey, SIGKILL at last.

    A frozen process obeys nothing, so it and its children are thawed. After SIGKILL, children that
    are left are killed too: they would hold what the next start needs.
    """
    if not is_alive(process):
        return
    members = family(process)
    for number in (*signals, signal.SIGKILL):
        send(process, number)
        for member in members:
            send(member, signal.SIGCONT)
        if wait_for_end(process, seconds=grace) and number != signal.SIGKILL:
            return
    for member in members:
        send(member, signal.SIGKILL)


def wait_for_end(process: Process, *, seconds: float) -> bool:
    """Whether the process has ended within that time."""
    deadline = time.monotonic() + seconds
    while is_alive(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def family(process: Process) -> list[Process]:
    """A process and all that descend from it (PostgreSQL: the postmaster and its backends)."""
    try:
        children = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return [process]
    marks = [(child.pid, birth_mark(child.pid)) for child in children]
    return [process, *(Process(pid, birth) for pid, birth in marks if birth)]


def command_line(pid: int) -> str:
    """What a process was started with; "" if it is gone or hidden from us."""
    try:
        return " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return ""


def send(process: Process, number: signal.Signals) -> None:
    """Signal a process, if it still is the one that it was."""
    if not is_alive(process):
        return
    try:
        os.kill(process.pid, number)
    except ProcessLookupError:
        return
