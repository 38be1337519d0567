"""The catalog's nodes as an operator sees them: what lies on each, whether it answers, what is wrong.

Shards, bytes and rows are those of the distributed tables; reference tables lie whole on every node and are not
counted. Rows are PostgreSQL's estimate. Each node is asked directly, at the same time, so one that is dead or
frozen costs two seconds and keeps only its own figures back.

Entry points: `listing`, `findings`; `rebalancing`, `stopping` and `draining`, which give the job to watch;
`remove`. Failure: `Refused`, `Failed`; `django.db.Error`s of the coordinator.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from streaming.stores.addresses import Address
from streaming.stores.aliases import CATALOG
from streaming.stores.citus import cluster, jobs
from streaming.stores.citus.cluster import Node
from streaming.stores.citus.jobs import Job
from streaming.stores.citus.reaching import Unreached, ask
from streaming.stores.findings import Finding
from streaming.stores.refusal import Failed, Refused
from streaming.stores.statements import rows, scalar
from streaming.stores.units import counted

SHARDS = """
SELECT l.groupid, array_agg(shard_name(s.logicalrelid, s.shardid))
  FROM pg_dist_placement l JOIN pg_dist_shard s USING (shardid) JOIN pg_dist_partition p USING (logicalrelid)
 WHERE l.shardstate = 1 AND p.partmethod <> 'n' GROUP BY 1
"""
# Citus hides shards from those who look into pg_class. A shard that has just been moved is not analysed yet, but
# the rows that came in are counted; that count is lost with a crash, the analysis is not.
SIZES = """
SET citus.override_table_visibility = off;
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint,
       coalesce(sum(greatest(c.reltuples, pg_stat_get_live_tuples(c.oid), 0)), 0)::bigint
  FROM unnest(%s::text[]) AS shard JOIN pg_class c ON c.oid = to_regclass(shard)
"""


@dataclass(frozen=True)
class NodeReport(Node):
    """What lies on a node. `size_bytes` and `estimated_rows` are None where it does not answer: `silence` then is
    the reason."""

    shards: int
    size_bytes: int | None
    estimated_rows: int | None
    silence: str

    def as_json(self) -> dict[str, Any]:
        told = {"address": str(self.address), "role": self.role, "answers": not self.silence}
        return asdict(self) | told


def listing() -> list[NodeReport]:
    """The coordinator first, then the workers by the order in which they were added. Raises `Refused`."""
    require_extension()
    nodes, shards = cluster.nodes(), dict(rows(CATALOG, SHARDS))
    with ThreadPoolExecutor(max(1, len(nodes))) as pool:
        return list(pool.map(lambda node: _report(node, shards.get(node.group, [])), nodes))


def _report(node: Node, shards: list[str]) -> NodeReport:
    size, count, silence = None, None, ""
    try:
        ((size, count),) = ask(node.address, SIZES, shards)
    except Unreached as reason:
        silence = str(reason)
    return NodeReport(
        **vars(node), shards=len(shards), size_bytes=size, estimated_rows=count, silence=silence
    )


def findings(known: list[NodeReport] | None = None) -> list[Finding]:
    """What is wrong with the nodes and with the last move of shards; nothing on plain PostgreSQL.

    `known` is a `listing` of just now, for who has one.
    """
    if cluster.extension_version() is None:
        return []
    known = listing() if known is None else known
    return [finding for node in known for finding in _of_node(node, known)] + _of_job(jobs.last())


def _of_node(node: NodeReport, known: list[NodeReport]) -> list[Finding]:
    name, address = f"{node.role} {node.address}", node.address
    if node.silence:
        repair = f"start its server, then manage.py workers {'list' if node.is_active else f'add {address}'}"
        return [Finding(f"{name} does not answer ({node.silence})", repair)]
    if not node.is_active:
        return [Finding(f"{name} is not active", f"manage.py workers add {address}")]
    if node.shards and not node.takes_shards:
        return [
            Finding(
                f"{name} is drained and still has {counted(node.shards, 'shard')}",
                f"manage.py workers drain {address}",
            )
        ]
    if node.takes_shards and not node.shards and sum(other.shards for other in known) >= len(known):
        return [Finding(f"{name} should have shards and has none", "manage.py workers rebalance")]
    return []


def _of_job(job: Job | None) -> list[Finding]:
    if job is None or not job.message or job.state in ("finished", "cancelled"):
        return []
    if job.state == "failed":
        return [Finding(f"the last move of shards failed: {job.failure}", "manage.py workers rebalance")]
    return [
        Finding(
            f"a shard could not be moved {job.tries} times and is tried again: {job.failure}",
            "manage.py workers rebalance to watch, --stop to end it",
        )
    ]


def require_extension() -> None:
    """Raises `Refused` on plain PostgreSQL."""
    if cluster.extension_version() is None:
        if not cluster.extension_available():
            raise Refused(
                "The catalog's server has no Citus, so it has no workers: docs/operations.md says what it needs."
            )
        raise Refused("The catalog has no workers yet: `manage.py workers add HOST:PORT` joins the first.")


def require_distributed() -> None:
    """Raises `Refused` where there are no shards to move."""
    require_extension()
    if not is_distributed():
        raise Refused("No table is distributed, so there are no shards to move: run `manage.py distribute`.")


def is_distributed() -> bool:
    """Whether there are shards at all."""
    return any(place.kind == "distributed" for place in cluster.placed().values())


def require_answers() -> None:
    """Raises `Refused` while a node is silent: Citus would wait for it without end."""
    silent = [node for node in listing() if node.silence]
    if silent:
        raise Refused(
            f"The {silent[0].role} {silent[0].address} does not answer ({silent[0].silence}): start it first."
        )


def node_at(address: Address) -> NodeReport:
    """Raises `Refused` for a server that is no node."""
    known = {node.address: node for node in listing()}
    if address not in known:
        raise Refused(f"{address} is no node: the nodes are {', '.join(map(str, known))}.")
    return known[address]


def rebalancing() -> Job | None:
    """The job that spreads the shards: the one that runs, whatever it is for, else a new one; None where the
    shards lie well. Raises `Refused`."""
    require_distributed()
    if (job := jobs.running()) is not None:
        return job
    require_answers()
    return jobs.start()


def stopping() -> Job | None:
    """The job that ran, asked to end; None when none does."""
    require_extension()
    job = jobs.running()
    if job is not None:
        jobs.cancel(job)
    return job


def draining(address: Address) -> Iterator[Job]:
    """From now on no shards go to the node. Yields the jobs, each to be watched to its end, until it has none.

    Raises `Refused` when no other node could take them.
    """
    require_distributed()
    node = node_at(address)
    if node.silence and not node.shards:
        return  # it cannot be told anything, and has nothing to give: it may be removed
    require_answers()
    others = [other for other in listing() if other.takes_shards and other.address != address]
    if not others:
        raise Refused(f"{address} is the last node that takes shards: add another one first.")
    set_takes_shards(address, takes=False)
    while node.shards:
        if (job := jobs.running()) is None:
            require_answers()
            job = jobs.start(drain_only=True)
        if job is None:
            raise Failed(
                f"{address} has {counted(node.shards, 'shard')}, and Citus finds nowhere to move them."
            )
        yield job
        if (ended := jobs.last()) is not None and ended.state == "cancelled":
            raise Failed(f"Stopped; {address} still has shards and takes no new ones.")
        node = node_at(address)


def set_takes_shards(address: Address, *, takes: bool) -> None:
    scalar(
        CATALOG,
        "SELECT citus_set_node_property(%s, %s::int, 'shouldhaveshards', %s::boolean)::text",
        address.host,
        str(address.port),
        str(takes),
    )


def remove(address: Address) -> None:
    """Takes an empty node out of the cluster. Raises `Refused` for the coordinator and for one with shards."""
    node = node_at(address)
    if node.role == "coordinator":
        raise Refused(f"{address} is the coordinator: it can be drained and not removed.")
    if node.shards:
        raise Refused(
            f"{address} still has {counted(node.shards, 'shard')}: run `manage.py workers drain {address}` again."
        )
    scalar(CATALOG, "SELECT citus_remove_node(%s, %s::int)::text", address.host, str(address.port))
