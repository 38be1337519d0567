"""One server of the catalog's cluster asked directly, whether or not it is a node yet, with a deadline of its own.

The coordinator asks its nodes without one: a worker that is frozen holds the statement for ever. So liveness,
sizes and everything before a server is a node is asked here, with the catalog's own credentials.

Entry points: `Address`, `ask`. Failure: `Unreached`, with the reason as a short sentence; `BadAddress`.
"""

import re
import select
import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg2
from django.db import connections
from psycopg2 import extensions, sql

from streaming.stores.aliases import CATALOG

SECONDS_TO_ANSWER = 2.0
WRITTEN = re.compile(r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]):(?P<port>[0-9]{1,5})")


class BadAddress(ValueError):
    """Not of the form HOST:PORT."""


class Unreached(Exception):
    """The server gave no answer, or refused; the text is the reason."""


@dataclass(frozen=True, order=True)
class Address:
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Address":
        """From `HOST:PORT`, an IPv6 address in brackets. Raises `BadAddress`."""
        found = WRITTEN.fullmatch(text)
        if found is None or not 0 < int(found["port"]) < 65536:
            raise BadAddress(f"{text!r} is no address of the form HOST:PORT.")
        return cls(found["host"].strip("[]"), int(found["port"]))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether another machine would mean itself by it; so would it by an empty one, a socket in a folder."""
        return self.host in ("", "localhost", "::1") or self.host.startswith(("127.", "/"))


def catalog_address() -> Address:
    """The catalog's server as the settings name it."""
    named = connections[CATALOG].settings_dict
    return Address(named["HOST"], int(named["PORT"] or 5432))


def ask(
    address: Address,
    statement: str | sql.Composable,
    *parameters: object,
    database: str | None = None,
    seconds: float = SECONDS_TO_ANSWER,
) -> list[tuple[Any, ...]]:
    """The rows of one statement, on a connection of its own to `database` (default: the catalog's), by autocommit.

    Raises `Unreached` for every error, also when there is no answer within `seconds`.
    """
    login = connections[CATALOG].get_connection_params() | {"host": address.host, "port": address.port}
    give_up_at = time.monotonic() + seconds
    try:
        with closing(
            psycopg2.connect(**login | {"dbname": database or login["dbname"]}, async_=1)
        ) as connection:
            _wait(connection, give_up_at)
            cursor = connection.cursor()
            cursor.execute(statement, parameters or None)
            _wait(connection, give_up_at)
            return cursor.fetchall() if cursor.description else []
    except psycopg2.Error as error:
        raise Unreached(_reason(error)) from error


def _wait(connection: extensions.connection, give_up_at: float) -> None:
    while (state := connection.poll()) != extensions.POLL_OK:
        poller = select.poll()
        poller.register(
            connection.fileno(), select.POLLIN if state == extensions.POLL_READ else select.POLLOUT
        )
        left = give_up_at - time.monotonic()
        if left <= 0 or not poller.poll(left * 1000):
            raise psycopg2.OperationalError("no answer in time")


def _reason(error: psycopg2.Error) -> str:
    """The last thing said on the first line: libpq puts the address, which whoever reads this knows, before it."""
    first = str(error).strip().partition("\n")[0]
    return re.sub(r"^connection to server at .*? failed: |^(FATAL|ERROR):\s+", "", first).removeprefix(
        "FATAL:  "
    )
