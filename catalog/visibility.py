"""Who may see a title: the one rule, as a condition of a query and as an answer about one title.

A title is public for an audience when every check of `CHECKS` holds: it is published, its date of publication has
come, a window is open in the audience's territory, and, for an audience with a maturity limit, all its ratings are
known and within it. A title without windows is restricted by no licence. An audience that names no territory sees what
is open anywhere. A rating that no level maps is within no limit, so it hides the title from every limited request.

Each check says the same thing twice, side by side: `condition` for rows, `holds` for the values of one title, which
the cache keeps. A test over generated titles keeps the two equal. The values are the columns of
`catalog.models.gate.Gate`; nothing else reads them.

Entry points: `Audience`, `admits`, `is_public`, `next_change`. Failure: none of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import BooleanField, F, Func, JSONField, Q, Value
from django.utils import timezone

from catalog.codes import WORLD

# Microseconds since 1970, within what JSON numbers hold exactly (2^53): before and after every date of ours.
EVER_SINCE, FOR_EVER = -(2**53), 2**53
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Strict: in lax mode a filter takes an array apart before it looks at it.
OPEN_ANYWHERE = "strict $[*] ? (@[1] <= $at && @[2] > $at)"
OPEN_IN_TERRITORY = "strict $[*] ? ((@[0] == $territory || @[0] == $world) && @[1] <= $at && @[2] > $at)"

GateValues = Mapping[str, Any]  # `status`, `published_at` (datetime or RFC 3339), `availability`, `maturity`
GATE_FIELDS = ("status", "published_at", "availability", "maturity")


@dataclass(frozen=True)
class Audience:
    """Who asks, and when. `labels` are those within the maturity limit (`catalog.maturity`); None is no limit."""

    at: datetime
    territory: str | None = None
    labels: frozenset[str] | None = None

    @classmethod
    def now(cls, *, territory: str | None = None, labels: frozenset[str] | None = None) -> Audience:
        return cls(timezone.now(), territory, labels)


@dataclass(frozen=True)
class Check:
    name: str
    condition: Callable[[Audience], Q]
    holds: Callable[[GateValues, Audience], bool]


class _PathExists(Func):
    function = "jsonb_path_exists"
    output_field = BooleanField()


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def span(territory: str, starts_at: datetime | None, ends_at: datetime | None) -> list[Any]:
    """A window as `Gate.availability` has it."""
    return [
        territory,
        EVER_SINCE if starts_at is None else micros(starts_at),
        FOR_EVER if ends_at is None else micros(ends_at),
    ]


def _window_condition(audience: Audience) -> Q:
    seen: dict[str, Any] = {"at": micros(audience.at)}
    path = OPEN_ANYWHERE
    if audience.territory is not None:
        path = OPEN_IN_TERRITORY
        seen |= {"territory": audience.territory, "world": WORLD}
    is_open = _PathExists(
        F("availability"), Func(Value(path), template="%(expressions)s::jsonpath"), Value(seen, JSONField())
    )
    return Q(availability__isnull=True) | Q(is_open)


def _window_holds(gate: GateValues, audience: Audience) -> bool:
    spans = gate["availability"]
    return spans is None or any(is_open(each, audience) for each in spans)


def is_open(span: list[Any], audience: Audience) -> bool:
    territory, start, end = span
    here = audience.territory is None or territory in (audience.territory, WORLD)
    return here and start <= micros(audience.at) < end


def _maturity_condition(audience: Audience) -> Q:
    if audience.labels is None:
        return Q()
    return Q(maturity__contained_by=sorted(audience.labels)) & ~Q(maturity=[])


def _maturity_holds(gate: GateValues, audience: Audience) -> bool:
    return audience.labels is None or (
        bool(gate["maturity"]) and audience.labels.issuperset(gate["maturity"])
    )


def _dated(gate: GateValues) -> datetime | None:
    moment = gate["published_at"]
    return datetime.fromisoformat(moment) if isinstance(moment, str) else moment


def _date_holds(gate: GateValues, audience: Audience) -> bool:
    dated = _dated(gate)
    return dated is not None and dated <= audience.at


CHECKS = (
    Check(
        "published",
        lambda audience: Q(status="published"),
        lambda gate, audience: gate["status"] == "published",
    ),
    Check("date", lambda audience: Q(published_at__lte=audience.at), _date_holds),
    Check("window", _window_condition, _window_holds),
    Check("maturity", _maturity_condition, _maturity_holds),
)


def admits(audience: Audience) -> Q:
    """What is true of the rows of `Gate` that the audience may see."""
    condition = Q()
    for check in CHECKS:
        condition &= check.condition(audience)
    return condition


def is_public(gate: GateValues, audience: Audience) -> bool:
    """Whether the audience may see the title of these values."""
    return all(check.holds(gate, audience) for check in CHECKS)


def next_change(gate: GateValues, *, after: datetime, territory: str | None = None) -> datetime | None:
    """The first moment after `after` at which time alone may change an answer; None when it never does.

    Of all territories unless one is named. It depends on `status` as well: no date changes what a draft is.
    """
    if gate["status"] != "published":
        return None
    return min((moment for moment in _instants(gate, territory) if moment > after), default=None)


def _instants(gate: GateValues, territory: str | None) -> Iterator[datetime]:
    dated = _dated(gate)
    if dated is not None:
        yield dated
    for place, start, end in gate["availability"] or ():
        if territory is None or place in (territory, WORLD):
            for instant in (start, end):
                if EVER_SINCE < instant < FOR_EVER:
                    yield EPOCH + timedelta(microseconds=instant)
