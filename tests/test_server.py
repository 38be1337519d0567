"""The web server as `make run` starts it."""

import os
import signal
import subprocess
import sys
from http.client import HTTPConnection

from tests.served import PATIENCE_SECONDS, ROOT, free_port, until


def test_ctrl_c_at_a_terminal_ends_the_server_and_its_workers() -> None:
    """It goes to the whole group; a worker that got it stayed, served on and kept the port."""
    port = free_port()
    command = f"granian --interface wsgi --port {port} --workers 2 --respawn-failed-workers --log-level error"
    server = subprocess.Popen(
        [sys.executable, "-m", *command.split(), "streaming.wsgi:application"],
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        until(lambda: all(_alive(port) for _ in range(10)), "both workers answer")

        os.killpg(server.pid, signal.SIGINT)

        assert server.wait(timeout=PATIENCE_SECONDS) == 0
        assert not _alive(port)
    finally:
        if server.poll() is None:
            server.terminate()


def _alive(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
