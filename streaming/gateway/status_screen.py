"""A status report as text: one aligned table, a line on replication, and what is wrong with its repair.

Entry point: `screen`. No line is longer than `WIDTH`, unless a single word is. Failure: none.
"""

from collections.abc import Iterator
from itertools import groupby
from textwrap import wrap

from streaming.gateway.status import Located, StatusReport, StoreStatus
from streaming.stores.replication.state import ReplicationStatus
from streaming.stores.units import size

WIDTH = 100
HEADINGS = ("store", "address", "version", "latency", "size", "role")
NUMBERS = ("latency", "size")


def screen(report: StatusReport) -> str:
    lines = [*_table([_row(store) for store in report.stores]), "", _replication(report.replication), ""]
    for repair, together in groupby(report.found, lambda located: located.finding.repair):
        lines += [line for located in together for line in _problem(located)]
        lines += _repair(repair)
    if not report.found:
        lines.append("every store is sound")
    return "\n".join(lines)


def _row(store: StoreStatus) -> tuple[str, ...]:
    return (
        store.store,
        store.address,
        store.version or "-",
        f"{store.milliseconds:.1f} ms" if store.ok else "away",
        "-" if store.size_bytes is None else size(store.size_bytes),
        store.role,
    )


def _table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """The last column is cut where the screen ends."""
    widths = [max(map(len, column)) for column in zip(HEADINGS, *rows, strict=True)]
    for row in (HEADINGS, *rows):
        cells = (
            cell.rjust(width) if heading in NUMBERS else cell.ljust(width)
            for heading, cell, width in zip(HEADINGS, row, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()[:WIDTH]


def _replication(status: ReplicationStatus) -> str:
    """What is known of it; a side that is away leaves its part out."""
    known = []
    if status.lag_bytes is not None:
        known.append(f"{size(status.lag_bytes)} behind")
    if status.lag_seconds is not None:
        known.append(f"{status.lag_seconds:.1f} s behind")
    if slot := status.slot:
        cap = "no cap" if slot.cap_bytes is None else f"cap {size(slot.cap_bytes)}"
        kept = "-" if slot.retained_bytes is None else size(slot.retained_bytes)
        known.append(
            f"slot {slot.wal_status or 'unknown'}, {'active' if slot.active else 'idle'}, WAL {kept}, {cap}"
        )
    return f"replication: {'; '.join(known) or 'nothing is known of it'}"[:WIDTH]


def _problem(located: Located) -> Iterator[str]:
    what = f"{located.part}: {located.finding.what}"
    yield from wrap(what, WIDTH, subsequent_indent="    ", break_on_hyphens=False)


def _repair(repair: str) -> Iterator[str]:
    """Once for findings one after the other that are repaired by the same."""
    yield from wrap(repair, WIDTH, initial_indent="  -> ", subsequent_indent="     ", break_on_hyphens=False)
