"""The words that a schema change of a replicated table is judged in.

`Flow` is what the primary sends at present and is to send; `Judgement` says which side changes first, or that
the apply worker would stop whichever way round. Entry points: `flow`, `together`. Failure: `django.db.Error`s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from streaming.stores.replication.subscription import published as sent
from streaming.stores.replication.subscription import subscribed

ADR = "docs/adr/0008-replica-first-publication-last.md"


class Order(Enum):
    EITHER = "in either order"
    REPLICA_FIRST = "replica first"
    PRIMARY_FIRST = "primary first"
    REFUSED = "refused"


@dataclass(frozen=True)
class Judgement:
    """`way_out` says what to do in place of a refused change; `retypes`: a sent column's type changes."""

    order: Order
    why: str = ""
    way_out: str = ""
    retypes: bool = False


@dataclass(frozen=True)
class Flow:
    """Table to columns: what the server's publication sends, and what the code wants published."""

    sent: Mapping[str, frozenset[str]]
    wanted: Mapping[str, frozenset[str]]

    def sends(self, table: str, column: str | None) -> bool:
        return column in self.sent.get(table, ())

    def publishes(self, table: str, column: str | None) -> bool:
        return self.sends(table, column) or column in self.wanted.get(table, ())


def flow(published: Mapping[str, Sequence[str]]) -> Flow | None:
    """`published` is table to columns, as the code has it. None without a subscription: nothing can stop."""
    if not subscribed():
        return None
    return Flow(
        sent={table: frozenset(columns) for table, columns in sent().items()},
        wanted={table: frozenset(columns) for table, columns in published.items()},
    )


def either(why: str = "it changes nothing that rows depend on") -> Judgement:
    return Judgement(Order.EITHER, why)


def replica_first(why: str) -> Judgement:
    return Judgement(Order.REPLICA_FIRST, why)


def primary_first(why: str) -> Judgement:
    return Judgement(Order.PRIMARY_FIRST, why)


def refused(why: str, way_out: str) -> Judgement:
    return Judgement(Order.REFUSED, why, way_out)


def together(judgements: Sequence[Judgement]) -> Judgement:
    """The one order that fits all of them; refused when none does."""
    by_order = {judgement.order: judgement for judgement in reversed(judgements)}
    if Order.REFUSED in by_order:
        return by_order[Order.REFUSED]
    if Order.REPLICA_FIRST in by_order and Order.PRIMARY_FIRST in by_order:
        return refused(
            f"one part goes to the replica first ({by_order[Order.REPLICA_FIRST].why}), "
            f"another to the primary first ({by_order[Order.PRIMARY_FIRST].why})",
            "put the two into migrations of their own",
        )
    for order in (Order.REPLICA_FIRST, Order.PRIMARY_FIRST, Order.EITHER):
        if order in by_order:
            return replace(by_order[order], retypes=any(judgement.retypes for judgement in judgements))
    return either()
