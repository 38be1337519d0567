"""The catalog's test database as a cluster of its own, for `make test-citus` (TEST_CATALOG=distributed).

Databases are per server, so each worker needs one of the same name, with node metadata of its own. It is made by
what an operator uses: `workers add` and `distribute`. Django drops the coordinator's database only; the others
are dropped here. Failure: `Refused` of either command, `Unreached` for a worker that is away.
"""

import os

from django.db import connections
from psycopg2 import sql

from streaming.stores.addresses import Address
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.distributing import carry_out, distributing, plan
from streaming.stores.citus.joining import MAINTENANCE, MAKING_SECONDS, join
from streaming.stores.citus.reaching import ask

SHARDS = 4  # two a worker: a query of all shards is one of several on each, and cheap


def distribute() -> None:
    """The migrated test database becomes a coordinator's, with every table placed."""
    drop_from_workers()  # what a run that was killed left there
    for address in _workers():
        join(address)
    with distributing():
        carry_out(plan(shards=SHARDS).steps, lambda step: None)


def drop_from_workers() -> None:
    """The coordinator's sessions there end with its own database; until then they are cut off."""
    name = sql.Identifier(str(connections[CATALOG].settings_dict["NAME"]))
    for address in _workers():
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name)
        ask(address, drop, database=MAINTENANCE, seconds=MAKING_SECONDS)


def _workers() -> list[Address]:
    """Of the cluster that `python -m dev` started."""
    return [Address.parse(each) for each in os.environ["CITUS_WORKERS"].split(",")]
