"""A Valkey server (the Redis protocol): the LRU cache, or the state that must not lose anything.

Its configuration is written anew at every start into a file that only the server's user can read,
since a password on a command line is everybody's.
"""

import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from dev.engine import Terms
from dev.environment import write_private
from dev.errors import DevError, NotReady
from dev.processes import Launch, Process

CACHE = {
    "maxmemory": "256mb",
    "maxmemory-policy": "allkeys-lru",
    "appendonly": "no",
}
STATE = {
    "maxmemory-policy": "noeviction",
    "appendonly": "yes",
    "appendfsync": "always",
}
FAST_STATE = {**STATE, "appendfsync": "no"}
ANSWER_SECONDS = 2


@dataclass(frozen=True)
class ValkeyServer:
    name: str
    port: int
    password: str = field(repr=False)
    program: Path
    settings: dict[str, str]
    terms: Terms

    stop_signals = (signal.SIGTERM,)

    def build(self, folder: Path, spawn: Callable[[Launch], Process]) -> None:
        """An empty folder is all that it needs."""

    def command(self, folder: Path) -> Launch:
        lines = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": _quoted(str(folder)),
            "requirepass": _quoted(self.password),
            "save": '""',
            "daemonize": "no",
            "databases": "64",
            **self.settings,
        }
        path = self.terms.conf / f"{self.name}.conf"
        text = "".join(f"{key} {value}\n" for key, value in lines.items())
        write_private(path, text, owner=self.terms.owner)
        return Launch([str(self.program), str(path)], {})

    def probe(self) -> str:
        client = redis.Redis(
            host="127.0.0.1",
            port=self.port,
            password=self.password,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        try:
            client.ping()
            facts = client.info("server")
        except redis.AuthenticationError as error:
            raise DevError(
                f"{self.name} refuses the password in stores.env: run `down`, then `up`"
            ) from error
        except redis.RedisError as error:  # also: still loading its file
            raise NotReady(str(error)) from error
        finally:
            client.close()
        return f"Valkey {facts['valkey_version']} (wheel)"

    def settle(self) -> None:
        """There is nothing to make."""


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
