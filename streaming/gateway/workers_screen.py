"""What `manage.py workers` shows: the table of nodes, and the bar of a job that moves shards.

Entry points: `table`, `as_json`, `follow`. Failure: that of `streaming.stores.citus.jobs.watch`.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from tqdm import tqdm

from streaming.stores import units
from streaming.stores.citus import jobs
from streaming.stores.citus.jobs import Job
from streaming.stores.citus.workers import NodeReport
from streaming.stores.findings import Finding

HEADINGS = ("address", "role", "shards", "size", "rows (estimated)", "takes shards", "answers")


def table(nodes: Sequence[NodeReport]) -> list[str]:
    """A heading and a line per node, in columns."""
    lines = [HEADINGS, *(_cells(node) for node in nodes)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]


def _cells(node: NodeReport) -> tuple[str, ...]:
    size = "-" if node.size_bytes is None else units.size(node.size_bytes)
    count = "-" if node.estimated_rows is None else f"{node.estimated_rows:,}"
    takes = ("yes" if node.takes_shards else "no") if node.is_active else "not active"
    return (
        *(str(node.address), node.role, str(node.shards), size, count, takes),
        f"no: {node.silence}" if node.silence else "yes",
    )


def as_json(nodes: Sequence[NodeReport], job: Job | None, findings: Sequence[Finding]) -> str:
    return json.dumps(
        {
            "nodes": [node.as_json() for node in nodes],
            "job": job and asdict(job),
            "findings": [asdict(finding) for finding in findings],
        },
        indent=2,
    )


def follow(job: Job) -> Job:
    """The job when it has ended; a bar on stderr meanwhile, on a terminal only."""
    with tqdm(desc="moves of shards", total=job.moves, unit="", disable=None, file=sys.stderr) as bar:
        for now, under_way in jobs.watch(job):
            bar.total, bar.n = now.moves, now.done
            bar.set_postfix_str(under_way)
    return now
