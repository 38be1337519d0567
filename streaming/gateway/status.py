"""Are the stores sound? Gathered from every part's own inspection; `manage.py status` prints it.

A store that is away, frozen or refusing costs its limit and no more, and the others are told all the same. A cause is
named once: what is asked through a store that does not answer is left out.

Entry point: `status_report`. Failure: none of a store's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from analytics.replication import published_column_types, published_columns
from catalog.search.rebuilding import missing_count
from reviews.indexes import missing_indexes
from streaming.stores import inspection
from streaming.stores.deadline import guarded, within
from streaming.stores.federation import checking as federation
from streaming.stores.findings import START, Finding
from streaming.stores.inspection import Inspection
from streaming.stores.outage import discard_broken_connections
from streaming.stores.probes import RAISED_BY_STORES, Probe, probe_all
from streaming.stores.refusal import first_line
from streaming.stores.replication.state import ReplicationStatus
from streaming.stores.replication.status import findings as replication_findings
from streaming.stores.replication.status import replication_status

PROBE_LIMIT = timedelta(seconds=1)  # a person waits for one screen, on connections that are not made yet
INSPECT_LIMIT = timedelta(seconds=5)
INSPECTIONS: Mapping[str, Callable[[], Inspection]] = {
    "catalog": inspection.catalog,
    "analytics": inspection.analytics,
    "replica": inspection.replica,
    "reviews": lambda: inspection.reviews(missing_indexes),
    "cache": inspection.cache,
    "state": inspection.state,
}


@dataclass(frozen=True)
class StoreStatus:
    """`role` is the store's name and `size_bytes` None while it does not answer."""

    store: str
    ok: bool
    role: str
    address: str
    version: str
    milliseconds: float
    size_bytes: int | None


@dataclass(frozen=True)
class Located:
    """A finding and the part it is of: a store's name, `replication` or `federation`."""

    part: str
    finding: Finding


@dataclass(frozen=True)
class StatusReport:
    stores: Sequence[StoreStatus]
    replication: ReplicationStatus
    found: Sequence[Located]

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": not self.found,
            "stores": {store.store: _without_name(store) for store in self.stores},
            "replication": asdict(self.replication),
            "findings": [{"part": located.part, **asdict(located.finding)} for located in self.found],
        }


def status_report() -> StatusReport:
    with guarded():
        probes = probe_all(PROBE_LIMIT)
        replication = replication_status(published_columns())
        inspected = [_inspected(probe, replication) for probe in probes]
        there = {probe.store for probe in probes if probe.ok}
        found = [located for _, located_here in inspected for located in located_here]
        found += [Located("replication", finding) for finding in replication_findings(replication)]
        follows = replication.subscription is not None and not replication.structure
        if "catalog" in there and not any(located.part == "catalog" for located in found):
            found += [Located("catalog", finding) for finding in _asked(_unfound)]
        if {"catalog", "replica"} <= there and follows:  # else resync mends both, and setup alone neither
            found += [Located("federation", finding) for finding in _asked(_federation)]
    return StatusReport([store for store, _ in inspected], replication, found)


def _inspected(probe: Probe, replication: ReplicationStatus) -> tuple[StoreStatus, list[Located]]:
    found: list[Inspection] = []
    findings = _away(probe, replication) if not probe.ok else _asked(_inspection(probe.store, found))
    role, size = (found[0].role, found[0].size_bytes) if found else (probe.store, None)
    return (
        StoreStatus(probe.store, probe.ok, role, probe.address, probe.version, probe.milliseconds, size),
        [Located(probe.store, finding) for finding in findings],
    )


def _away(probe: Probe, replication: ReplicationStatus) -> list[Finding]:
    """Replication, which knows more of what to do, names its own sides when they are away."""
    sides = {"analytics": replication.primary, "replica": replication.replica}
    if probe.store in sides and sides[probe.store].problem:
        return []
    return [Finding(f"it does not answer: {probe.reason}", START)]


def _inspection(store: str, found: list[Inspection]) -> Callable[[], list[Finding]]:
    def ask() -> list[Finding]:
        found.append(INSPECTIONS[store]())
        return found[0].findings

    return ask


def _unfound() -> list[Finding]:
    """Asked of a catalog with which nothing else is wrong, for it needs every migration and every node."""
    titles = missing_count()
    if not titles:
        return []
    have = "title has" if titles == 1 else "titles have"
    return [
        Finding(
            f"{titles:,} {have} no search document, so no list and no search shows them",
            "manage.py search_rebuild --missing",
        )
    ]


def _federation() -> list[Finding]:
    return federation.findings(published_column_types())


def _asked(ask: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        with within(INSPECT_LIMIT):
            return ask()
    except RAISED_BY_STORES as error:
        discard_broken_connections()
        return [
            Finding(
                f"it cannot be inspected: {first_line(error)}",
                "run manage.py status again, then read the server's log",
            )
        ]


def _without_name(store: StoreStatus) -> dict[str, Any]:
    return {key: value for key, value in asdict(store).items() if key != "store"}
