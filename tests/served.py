"""A running platform of a test's own: six stores or a Citus cluster, served by the real web server.

For tests that break stores, distribute the catalog or need a process to kill: the stores that the other tests
share would fail whatever runs beside them.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from dev import citus, environment, lifecycle
from dev.citus import AS_IT_IS, Size
from dev.instance import Instance
from tests.environment import CATALOG_LIES

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 20

SAMPLE = """
from analytics.models import User
from catalog.models import Content
from django.utils import timezone
from reviews.services import review_create
viewer = User.objects.create_user("ada", "ada@example.org", "correct-horse-battery")
ids = []
for title in ("Metropolis", "Nosferatu", "Faust"):
    content = Content.objects.create(
        title=title, content_type="movie", status="published", published_at=timezone.now()
    )
    review_create(
        content_id=content.content_id, user_id=viewer.user_id, rating=9.0, comment="Yes.", is_spoiler=False
    )
    ids.append(str(content.content_id))
print(" ".join([str(viewer.user_id), *ids]))
"""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class Platform:
    """`viewer_id`'s reviews are of all `content_ids`; the server runs until `close`."""

    instance: Instance
    port: int
    server: subprocess.Popen[bytes]
    viewer_id: str
    content_ids: list[str]
    variables: dict[str, str]

    def get(self, path: str, *, seconds: float = 3, headers: dict[str, str] | None = None) -> Answer:
        """Raises `TimeoutError` when the server does not answer within `seconds`."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request("GET", path, headers=headers or {})
            response = connection.getresponse()
            content = response.read()
            body = json.loads(content) if "json" in (response.getheader("Content-Type") or "") else content
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, body)
        finally:
            connection.close()

    def details(self, content_id: str) -> Answer:
        return self.get(f"/api/v1/content/{content_id}/details")

    def manage(self, *arguments: str) -> str:
        """Runs a management command on this platform's stores; its standard output."""
        return _manage(self.variables, *arguments)

    def close(self) -> None:
        self.server.terminate()
        self.server.wait(timeout=PATIENCE_SECONDS)
        lifecycle.reset(self.instance)


def until(holds: Callable[[], bool], what: str, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Asks until it holds; fails the test after `seconds`."""
    give_up_at = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up_at, f"{what} within {seconds:g} s"
        time.sleep(0.05)


def start(name: str, *, size: Size = AS_IT_IS, distributed: bool = False) -> Platform:
    """`size` is of the Citus cluster, where one is found; `make test` makes none unless one is asked for."""
    instance = Instance.named(name)
    if size == AS_IT_IS and CATALOG_LIES == "plain" and citus.find(None):
        size = Size(workers=0)
    lifecycle.reset(instance)
    lifecycle.up(instance, fast=True, size=size)
    variables = environment.for_child(environment.read(instance), dict(os.environ)) | {
        "DEBUG": "false",
        "CACHE_TTL_SECONDS": "600",  # a cached record outlives the test that needs one
        "REPLICATION_SLOT": "analytics_sub",
    }
    _manage(variables, "setup_stores", "-v0", *([] if distributed else ["--undistributed"]))
    viewer_id, *content_ids = _manage(variables, "shell", "-v0", "-c", SAMPLE).split()
    port = free_port()
    server = subprocess.Popen(
        [
            *(
                sys.executable,
                "-m",
                "granian",
                "--interface",
                "wsgi",
                "--host",
                "127.0.0.1",
                "--port",
                str(port),
            ),
            *("--blocking-threads", "4", "--log-level", "error", "streaming.wsgi:application"),
        ],
        env=variables,
        cwd=ROOT,
    )
    platform = Platform(instance, port, server, viewer_id, content_ids, variables)
    until(lambda: _answers(platform), "the web server answers")
    return platform


def _manage(variables: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, env=variables, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def _answers(platform: Platform) -> bool:
    assert platform.server.poll() is None, "the web server has stopped"
    try:
        return platform.get("/readyz").status == 200
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
