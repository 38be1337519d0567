"""One server of the catalog's cluster asked directly, whether or not it is a node yet, with a deadline of its own.

The coordinator asks its nodes without one: a worker that is frozen holds the statement for ever. So liveness,
sizes and everything before a server is a node is asked here, with the catalog's own credentials.

Entry points: `ask`, `coordinator_address`. Failure: `Unreached`, with the reason as a short sentence.
"""

import re
import select
import time
from contextlib import closing
from typing import Any

import psycopg2
from django.db import connections
from psycopg2 import extensions, sql

from streaming.stores.addresses import Address, address_of
from streaming.stores.aliases import CATALOG
from streaming.stores.refusal import first_line

SECONDS_TO_ANSWER = 2.0


class Unreached(Exception):
    """The server gave no answer, or refused; the text is the reason."""


def coordinator_address() -> Address:
    """The name to give the coordinator in its own cluster: Citus lets no worker join a `localhost`."""
    named = address_of(CATALOG)
    is_unnamed = named.host in ("", "localhost") or named.host.startswith("/")
    return Address("127.0.0.1", named.port) if is_unnamed else named


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
    first = first_line(error)
    return re.sub(r"^connection to server at .*? failed: |^(FATAL|ERROR):\s+", "", first).removeprefix(
        "FATAL:  "
    )
