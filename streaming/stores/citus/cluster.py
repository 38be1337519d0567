"""What Citus says of the catalog's database: its nodes, where each table lies, what is left undone.

Entry points: `extension_available`, `extension_version`, `nodes`, `placed`, `undistributed`, `findings` and
`distribution_is_complete`, the system check. All answer on plain PostgreSQL too: no nodes, nothing placed,
nothing left. Failure: `django.db.Error`s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.checks import CheckMessage, Warning

from streaming.stores.addresses import Address
from streaming.stores.aliases import CATALOG
from streaming.stores.citus import journal
from streaming.stores.citus.placement import distributed_tables, reference_tables, spread_tables
from streaming.stores.findings import Finding
from streaming.stores.statements import rows, scalar

REPAIR = "manage.py distribute"

PLACED = """
SELECT p.logicalrelid::regclass::text,
       CASE WHEN p.partmethod = 'h' THEN 'distributed'
            WHEN p.partmethod = 'n' AND p.repmodel = 't' THEN 'reference' ELSE 'local' END,
       coalesce(column_to_column_name(p.logicalrelid, p.partkey), ''), p.colocationid, coalesce(c.shardcount, 1)
  FROM pg_dist_partition p LEFT JOIN pg_dist_colocation c USING (colocationid)
"""


@dataclass(frozen=True)
class Node:
    """One server of the cluster; group 0 is the coordinator."""

    address: Address
    group: int
    is_active: bool
    takes_shards: bool

    @property
    def is_coordinator(self) -> bool:
        return self.group == 0

    @property
    def role(self) -> str:
        return "coordinator" if self.is_coordinator else "worker"


@dataclass(frozen=True)
class Place:
    """Where a table lies: `kind` is `distributed`, `reference` or `local`, which Citus also calls a table it
    knows but keeps whole on the coordinator; a distribution that was cut off leaves such a one."""

    kind: str
    column: str
    colocation: int
    shards: int


def extension_available() -> bool:
    """Whether the server can have the extension: it is installed there and loaded at the server's start."""
    return bool(
        scalar(
            CATALOG,
            """SELECT current_setting('citus.shard_count', true) IS NOT NULL
                      AND EXISTS (SELECT FROM pg_available_extensions WHERE name = 'citus')""",
        )
    )


def extension_version() -> str | None:
    """The version created in the catalog's database; None on plain PostgreSQL."""
    return scalar(CATALOG, "SELECT extversion FROM pg_extension WHERE extname = 'citus'")


def nodes() -> list[Node]:
    """The coordinator first."""
    if extension_version() is None:
        return []
    found = rows(
        CATALOG,
        """SELECT nodename, nodeport, groupid, isactive, shouldhaveshards
             FROM pg_dist_node WHERE noderole = 'primary' ORDER BY groupid""",
    )
    return [Node(Address(host, port), *node) for host, port, *node in found]


def placed() -> dict[str, Place]:
    """Every table that Citus knows, by name."""
    if extension_version() is None:
        return {}
    return {table: Place(*place) for table, *place in rows(CATALOG, PLACED)}


def wanted() -> dict[str, str]:
    """The catalog's tables that exist, to the kind that each is declared to be, in the order to place them."""
    declared = dict.fromkeys(reference_tables(), "reference")
    declared |= dict.fromkeys([*distributed_tables(), *spread_tables()], "distributed")
    present = {
        table
        for (table,) in rows(
            CATALOG, "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND pg_table_is_visible(oid)"
        )
    }
    return {table: kind for table, kind in declared.items() if table in present}


def undistributed() -> list[str]:
    """Declared tables that do not lie where they should, in the order to place them; none on plain PostgreSQL."""
    if extension_version() is None:
        return []
    return not_placed(placed())


def not_placed(places: dict[str, Place]) -> list[str]:
    return [table for table, kind in wanted().items() if table not in places or places[table].kind != kind]


def findings() -> list[Finding]:
    """Tables left on the coordinator, and a distribution that was cut off or could not put every key back."""
    found = left_behind()
    if keys := journal.keys():
        found.append(
            Finding(
                f"a distribution has not ended; it answers for {len(keys)} foreign keys until then", REPAIR
            )
        )
    return found


def left_behind() -> list[Finding]:
    left = ", ".join(undistributed())
    return [Finding(f"not distributed, whole on the coordinator: {left}", REPAIR)] if left else []


def distribution_is_complete(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """`W001`, asked by `manage.py check --database catalog`: a Citus server with tables left on its coordinator."""
    if CATALOG not in (databases or ()):
        return []
    return [
        Warning(f"{finding.what}.", hint=f"Run {finding.repair}.", id="stores.W001") for finding in findings()
    ]
