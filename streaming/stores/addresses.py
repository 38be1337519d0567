"""Where servers are: an address as it is typed and printed, and the one that the settings give each database.

Entry points: `Address`, `address_of`, `database_of`. Failure: `BadAddress`.
"""

import re
from dataclasses import dataclass

from django.db import connections

from streaming.stores.refusal import Refused

WRITTEN = re.compile(r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]):(?P<port>[0-9]{1,5})")


class BadAddress(Refused):
    """Not of the form HOST:PORT."""


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


def address_of(alias: str) -> Address:
    """The database's server as the settings name it."""
    named = connections[alias].settings_dict
    return Address(named["HOST"], int(named["PORT"] or 5432))


def database_of(alias: str) -> str:
    """`HOST:PORT/NAME`."""
    return f"{address_of(alias)}/{connections[alias].settings_dict['NAME']}"
