"""Who may see a title: the one rule, as a condition of a query and as an answer about one title.

A title is public for an audience when every check of `CHECKS` holds: it is published, its date of publication has
come, a window is open in the audience's territory, and, for an audience with a maturity limit, all its ratings are
known and within it. A title without windows is restricted by no licence. An audience that names no territory sees what
is open anywhere. A rating that no level maps is within no limit, so it hides the title from every limited request.

Each check says the same thing twice, side by side: `condition` for rows, `holds` for the values of one title, which
the cache keeps. A test over generated titles keeps the two equal. The values are the columns of
`catalog.models.gate.Gate`; nothing else judges by them who may see a title.

Entry points: `Audience`, `admits`, `is_public`; `admitted_by` and `shown_by` are the same pair for what somebody saw
since the title was last touched, `once_admitted` is what somebody may have seen ever; `next_change` and `next_answer`
say when time alone changes an answer, `next_instant` when anything of it may; `span` and `is_open` are of one window.
Failure: none of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import BooleanField, F, Func, JSONField, Q, Value
from django.utils import timezone

from catalog.codes import WORLD

# Microseconds since 1970, beyond those of every `datetime`.
EVER_SINCE, FOR_EVER = -(2**62), 2**62
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# Strict: in lax mode a filter takes an array apart before it looks at it.
OPEN_ANYWHERE = "strict $[*] ? (@[1] <= $at && @[2] > $at)"
OPENED = "strict $[*] ? (@[1] <= $at)"
OPEN_IN_TERRITORY = "strict $[*] ? ((@[0] == $territory || @[0] == $world) && @[1] <= $at && @[2] > $at)"

Span = list[Any]  # territory, start and end of a window, as `span` makes it
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


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND


def span(territory: str, starts_at: datetime | None, ends_at: datetime | None) -> Span:
    """A window as `Gate.availability` has it."""
    return [
        territory,
        EVER_SINCE if starts_at is None else micros(starts_at),
        FOR_EVER if ends_at is None else micros(ends_at),
    ]


def is_open(span: Span, audience: Audience) -> bool:
    territory, start, end = span
    here = audience.territory is None or territory in (audience.territory, WORLD)
    return here and start <= micros(audience.at) < end


def _status_condition(audience: Audience) -> Q:
    return Q(status="published")


def _status_holds(gate: GateValues, audience: Audience) -> bool:
    return bool(gate["status"] == "published")


def _date_condition(audience: Audience) -> Q:
    return Q(published_at__lte=audience.at)


def _date_holds(gate: GateValues, audience: Audience) -> bool:
    dated = dated_from(gate)
    return dated is not None and dated <= audience.at


def dated_from(gate: GateValues) -> datetime | None:
    """The date of publication, whether the values are of a row or of the cache."""
    moment = gate["published_at"]
    return datetime.fromisoformat(moment) if isinstance(moment, str) else moment


class _PathExists(Func):
    function = "jsonb_path_exists"
    output_field = BooleanField()


class _Path(Func):
    template = "%(expressions)s::jsonpath"


def _window_condition(audience: Audience) -> Q:
    path = OPEN_ANYWHERE
    seen: dict[str, Any] = {"at": micros(audience.at)}
    if audience.territory is not None:
        path = OPEN_IN_TERRITORY
        seen |= {"territory": audience.territory, "world": WORLD}
    is_open_now = _PathExists(F("availability"), _Path(Value(path)), Value(seen, JSONField()))
    return Q(availability__isnull=True) | Q(is_open_now)


def _window_holds(gate: GateValues, audience: Audience) -> bool:
    spans = gate["availability"]
    return spans is None or any(is_open(each, audience) for each in spans)


def _maturity_condition(audience: Audience) -> Q:
    if audience.labels is None:
        return Q()
    # The overlap says what an index knows, that a rating is within the limit; that there is one says how few titles
    # have any, of which PostgreSQL has no statistics else.
    within = sorted(audience.labels)
    return Q(maturity__contained_by=within, maturity__overlap=within) & ~Q(maturity=[])


def _maturity_holds(gate: GateValues, audience: Audience) -> bool:
    labels, ratings = audience.labels, gate["maturity"]
    return labels is None or (bool(ratings) and labels.issuperset(ratings))


CHECKS = (
    Check("published", _status_condition, _status_holds),
    Check("date", _date_condition, _date_holds),
    Check("window", _window_condition, _window_holds),
    Check("maturity", _maturity_condition, _maturity_holds),
)


def admits(audience: Audience) -> Q:
    """What is true of the rows of `Gate` that the audience may see."""
    condition = Q()
    for check in CHECKS:
        condition &= check.condition(audience)
    return condition


def admitted_by(at: datetime) -> Q:
    """What is true of titles that somebody, somewhere can see at that moment, or could since they were last touched.

    While nobody writes a title, `next_change_at` is the first moment that shows it, or hides what was shown.
    """
    return Q(next_change_at__lte=at) | admits(Audience(at))


def once_admitted(by: datetime) -> Q:
    """What is true of the rows of `Gate` that somebody may have seen by then: the status may have changed since, and a
    window have ended. As far as the gate tells: what never was published looks like this once it is archived."""
    opened = _PathExists(F("availability"), _Path(Value(OPENED)), Value({"at": micros(by)}, JSONField()))
    return ~Q(status="draft") & _date_condition(Audience(by)) & (Q(availability__isnull=True) | Q(opened))


def is_public(gate: GateValues, audience: Audience) -> bool:
    """Whether the audience may see the title of these values."""
    return all(check.holds(gate, audience) for check in CHECKS)


def shown_by(gate: GateValues, *, at: datetime) -> bool:
    """`admitted_by` of the values of a title that has `next_change_at` of when it was last touched."""
    changes = gate["next_change_at"]
    return (changes is not None and changes <= at) or is_public(gate, Audience(at))


def next_change(gate: GateValues, *, after: datetime) -> datetime | None:
    """The first moment after `after` at which time alone changes what anybody, anywhere, without a limit sees; None for
    never. Where a title is open in one territory already, the next one counts too.
    """
    return _first_change(gate, after, lambda at: _open_to(gate, at))


def next_answer(gate: GateValues, audience: Audience) -> datetime | None:
    """The first moment after the audience's own at which time alone changes its answer; None for never."""
    return _first_change(gate, audience.at, lambda at: is_public(gate, replace(audience, at=at)))


def next_instant(gate: GateValues, *, after: datetime) -> datetime | None:
    """The first moment after `after` at which the title's date comes or a window of it opens or ends; None for never.

    Unlike `next_change` also where nobody's answer changes: which licences are open does, and may be shown.
    """
    return min((instant for instant in _instants(gate) if instant > after), default=None)


def _first_change(gate: GateValues, after: datetime, seen: Callable[[datetime], Hashable]) -> datetime | None:
    """Between two instants of a gate nothing changes, so that only they are looked at."""
    later = sorted({instant for instant in _instants(gate) if instant > after})
    if not later:
        return None
    before = seen(after)
    return next((instant for instant in later if seen(instant) != before), None)


def _open_to(gate: GateValues, at: datetime) -> frozenset[str]:
    """The territories in which the title is public for somebody without a limit; the whole world is all of them."""
    if not is_public(gate, Audience(at)):
        return frozenset()
    spans = gate["availability"]
    open_now = frozenset(each[0] for each in spans if is_open(each, Audience(at))) if spans else {WORLD}
    return frozenset({WORLD}) if WORLD in open_now else frozenset(open_now)


def _instants(gate: GateValues) -> Iterator[datetime]:
    dated = dated_from(gate)
    if dated is not None:
        yield dated
    for _, start, end in gate["availability"] or ():
        for instant in (start, end):
            if EVER_SINCE < instant < FOR_EVER:
                yield EPOCH + timedelta(microseconds=instant)
