"""The web server as `make run` starts it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

import psutil
import pytest

from tests.served import PATIENCE_SECONDS, ROOT, free_port, until

KILL_SECONDS = 5


def test_ctrl_c_at_a_terminal_ends_the_server_and_its_workers() -> None:
    """It goes to the whole group; a worker that got it stayed, served on and kept the port."""
    with _served() as (server, port):
        until(lambda: all(_alive(port) for _ in range(10)), "both workers answer")

        os.killpg(server.pid, signal.SIGINT)

        assert server.wait(timeout=PATIENCE_SECONDS) == 0
        assert not _alive(port)


@pytest.mark.parametrize("seconds", [0, 0.2, 0.5, 1, 1.5])
def test_ctrl_c_while_the_workers_start_ends_all_too(seconds: float) -> None:
    """A worker that had not come so far as to hear its server was waited for without end."""
    with _served() as (server, port):
        until(lambda: _children(server.pid) == 2, "the workers are there")
        time.sleep(seconds)  # a moment of their start, not a wait for something

        os.killpg(server.pid, signal.SIGINT)

        assert server.wait(timeout=PATIENCE_SECONDS) == 0
        assert not _alive(port)


@contextmanager
def _served() -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    port = free_port()
    command = (
        f"granian --interface wsgi --port {port} --workers 2 --respawn-failed-workers"
        f" --workers-kill-timeout {KILL_SECONDS} --log-level error"
    )
    server = subprocess.Popen(
        [sys.executable, "-m", *command.split(), "streaming.wsgi:application"],
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        yield server, port
    finally:
        if server.poll() is None:
            server.terminate()


def _children(pid: int) -> int:
    return len(psutil.Process(pid).children())


def _alive(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
