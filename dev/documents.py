"""The document server: SecantusDB from its wheel, or the machine's own `mongod`.

Both demand a SCRAM login. SecantusDB lets nobody in without one, so its first user is made while
the data folder is being built, by a server without `--auth` on a port that nobody knows; `mongod`
lets a local client make the first user, and nothing else.
"""

import importlib.metadata
import re
import secrets
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

from dev import ports
from dev.engine import Terms
from dev.environment import OWNER, write_private
from dev.errors import DevError, NotReady
from dev.processes import POLL_SECONDS, Launch, Process, is_alive, run, stop

ANSWER_MS = 2000
BUILD_SECONDS = 30
REPLICA_SET = "streaming"
AUTHENTICATION_FAILED = 18


@dataclass(frozen=True)
class SecantusServer:
    name: str
    port: int
    password: str = field(repr=False)
    program: Path
    terms: Terms

    stop_signals = (signal.SIGTERM,)

    def build(self, folder: Path, spawn: Callable[[Launch], Process]) -> None:
        """Make the data folder with its one user in it."""
        port = ports.pick_free(avoid={self.port})
        process = spawn(Launch(self._argv(folder, port), {}))
        try:
            _wait_for_port(port, process, self.name)
            with _client(port) as client:
                client.admin.command("createUser", OWNER, pwd=self.password, roles=["root"])
        except PyMongoError as error:
            raise DevError(f"{self.name} does not take its first user: {error}") from error
        finally:
            stop(process, signals=self.stop_signals)

    def command(self, folder: Path) -> Launch:
        durable = [] if self.terms.fast else ["--sync-on-commit"]
        return Launch([*self._argv(folder, self.port), "--auth", *durable], {})

    def _argv(self, folder: Path, port: int) -> list[str]:
        # Naming a configuration keeps it from picking up one of the user's or the system's.
        settings = self.terms.conf / f"{self.name}.toml"
        write_private(settings, "", owner=self.terms.owner)
        return [
            str(self.program),
            f"--config={settings}",
            "--host=127.0.0.1",
            f"--port={port}",
            f"--storage-path={folder}",
            "--cache-size=256M",
            "--log-file-max=128MB",
        ]

    def probe(self) -> str:
        version = _probe(self.name, self.port, self.password)
        own = importlib.metadata.version("secantusdb")
        return f"SecantusDB {own} (wheel, speaks MongoDB {version})"

    def settle(self) -> None:
        """Its user was made with the folder; there is nothing else to make."""


@dataclass(frozen=True)
class MongodServer:
    """`mongod` as a replica set of one, because retryable writes and change streams need a set."""

    name: str
    port: int
    password: str = field(repr=False)
    program: Path
    terms: Terms

    stop_signals = (signal.SIGTERM,)

    def build(self, folder: Path, spawn: Callable[[Launch], Process]) -> None:
        """An empty folder is all that it needs."""

    def command(self, folder: Path) -> Launch:
        key = self.terms.conf / f"{self.name}.key"
        write_private(key, secrets.token_hex(64) + "\n", owner=self.terms.owner)
        argv = [
            str(self.program),
            "--bind_ip=127.0.0.1",
            f"--port={self.port}",
            f"--dbpath={folder}",
            f"--replSet={REPLICA_SET}",
            f"--keyFile={key}",
            "--wiredTigerCacheSizeGB=0.25",
            "--nounixsocket",
        ]
        return Launch(argv, {})

    def probe(self) -> str:
        """Ready is: it answers. Whether it is a primary with a user is settled afterwards."""
        _require_listening(self.port)
        with _client(self.port) as client:
            try:
                client.admin.command("hello")
            except PyMongoError as error:
                raise NotReady(str(error)) from error
        # Its own word, because newer servers tell their version to nobody who has not logged in.
        told = run([self.program, "--version"], account=None).stdout
        version = re.search(r"db version v(\S+)", told)
        return f"MongoDB {version[1] if version else ''} (mongod on PATH)"

    def settle(self) -> None:
        """The set has this one member at its present port, is writable, and has its user."""
        try:
            self._make_user()
            with _client(self.port, password=self.password) as client:
                self._move_to_port(client)
                _wait_for_primary(client)
        except PyMongoError as error:
            raise DevError(f"mongod cannot be set up as a replica set of one: {error}") from error

    def _make_user(self) -> None:
        try:
            _probe(self.name, self.port, self.password)
        except DevError:  # no such user yet: the local client may make the set and the user
            with _client(self.port) as client:
                self._initiate(client)
                _wait_for_primary(client)
                client.admin.command("createUser", OWNER, pwd=self.password, roles=["root"])

    def _initiate(self, client: "MongoClient[Any]") -> None:
        if client.admin.command("hello").get("setName"):
            return
        member = {"_id": 0, "host": f"127.0.0.1:{self.port}"}
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [member]})

    def _move_to_port(self, client: "MongoClient[Any]") -> None:
        config = client.admin.command("replSetGetConfig")["config"]
        address = f"127.0.0.1:{self.port}"
        if config["members"][0]["host"] != address:
            config["members"][0]["host"] = address
            config["version"] += 1
            client.admin.command("replSetReconfig", config, force=True)


def _client(port: int, *, password: str | None = None) -> "MongoClient[Any]":
    login = f"{OWNER}:{password}@" if password else ""
    return MongoClient(
        f"mongodb://{login}127.0.0.1:{port}/?directConnection=true&authSource=admin",
        serverSelectionTimeoutMS=ANSWER_MS,
        connectTimeoutMS=ANSWER_MS,
        socketTimeoutMS=ANSWER_MS,
    )


def _require_listening(port: int) -> None:
    # pymongo looks again only every half second; a bare connection is cheap to repeat.
    if not ports.is_listening(port):
        raise NotReady("nothing listens on its port")


def _probe(name: str, port: int, password: str) -> str:
    """The version of a server that lets us in; NotReady while it does not answer."""
    _require_listening(port)
    with _client(port, password=password) as client:
        try:
            client.admin.command("ping")
            return str(client.server_info()["version"])
        except ConnectionFailure as error:
            raise NotReady(str(error)) from error
        except OperationFailure as error:
            if error.code != AUTHENTICATION_FAILED:
                raise NotReady(str(error)) from error
            raise DevError(
                f"{name} refuses the password in stores.env: put the file that belongs to this "
                "data back, or `reset`"
            ) from error


def _wait_for_port(port: int, process: Process, name: str) -> None:
    deadline = time.monotonic() + BUILD_SECONDS
    while not ports.is_listening(port):
        if not is_alive(process) or time.monotonic() > deadline:
            raise DevError(f"{name} does not start on a new data folder: see its log")
        time.sleep(POLL_SECONDS)


def _wait_for_primary(client: "MongoClient[Any]") -> None:
    deadline = time.monotonic() + BUILD_SECONDS
    while not client.admin.command("hello").get("isWritablePrimary"):
        if time.monotonic() > deadline:
            raise DevError("mongod does not become the primary of its set: see its log")
        time.sleep(POLL_SECONDS)
