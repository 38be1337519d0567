"""Why somebody may see a title or may not: each check of the rule with the row that decided it, in a sentence.

What holds is decided by `catalog.visibility.CHECKS`, as for every query and every cached record; here the reasons are
found. A test sees that each check has its own. Entry point: `explained`. Failure: none of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from catalog.codes import WORLD
from catalog.maturity import label_of
from catalog.models import AvailabilityWindow, MaturityRating
from catalog.visibility import CHECKS, Audience, GateValues, dated_from, is_open, span
from catalog.windows import end_of, start_of

OLDER_THAN_ANY = 1000  # years


@dataclass(frozen=True)
class Facts:
    """A title's gate and the rows it repeats, and who asks: `limit` in years is what `audience.labels` are within."""

    content_id: UUID
    gate: GateValues
    windows: Sequence[AvailabilityWindow]
    ratings: Sequence[MaturityRating]
    ages: Mapping[str, int]
    merged_into: UUID | None
    audience: Audience
    limit: int | None


@dataclass(frozen=True)
class Reason:
    """A sentence, and the row that it is about: the title's own, a window or a rating, by its id; or none."""

    why: str
    row: str | None = None
    id: UUID | None = None
    values: Mapping[str, Any] | None = None


def explained(facts: Facts) -> list[dict[str, Any]]:
    """Every check in order: its name, whether it holds, why, and the row that decided."""
    found = []
    for check in CHECKS:
        holds = check.holds(facts.gate, facts.audience)
        reason = REASONS[check.name](facts, holds)
        decided_by = reason.row and {"row": reason.row, "id": reason.id, "values": reason.values}
        found.append({"check": check.name, "holds": holds, "why": reason.why, "decided_by": decided_by})
    return found


def _of_title(facts: Facts, why: str, **values: Any) -> Reason:
    return Reason(why, "title", facts.content_id, values)


def _why_status(facts: Facts, holds: bool) -> Reason:
    status = facts.gate["status"]
    if status == "merged" and facts.merged_into is not None:
        values = {"status": status, "into_id": facts.merged_into}
        return Reason(f"It was merged into {facts.merged_into}.", "merge", facts.content_id, values)
    return _of_title(facts, f"It is {'' if holds else 'not published but '}{status}.", status=status)


def _why_date(facts: Facts, holds: bool) -> Reason:
    dated = dated_from(facts.gate)
    if dated is None:
        why = "It has no date of publication."
    elif holds:
        why = f"It is public from {_moment(dated)} on, which has come."
    else:
        why = f"It is public from {_moment(dated)} on, which is still to come."
    return _of_title(facts, why, published_at=dated)


def _why_window(facts: Facts, holds: bool) -> Reason:
    place = facts.audience.territory or "any territory"
    if facts.gate["availability"] is None:
        return Reason("It has no windows: no licence restricts it.")
    here = [window for window in facts.windows if _is_of(window, facts.audience.territory)]
    if holds:
        open_now = (each for each in here if is_open(_span_of(each), facts.audience))
        window = max(open_now, key=end_of, default=None)
        end = (
            "without end" if window is None or window.ends_at is None else f"until {_moment(window.ends_at)}"
        )
        return _of_window(window, f"A window is open in {_place_of(window, facts.audience)}, {end}.")
    later = [each for each in here if each.starts_at is not None and each.starts_at > facts.audience.at]
    if later:
        window = min(later, key=start_of)
        return _of_window(
            window, f"No window is open in {place}; the next one opens {_moment(window.starts_at)}."
        )
    ended = max(here, key=end_of, default=None)
    if ended is not None:
        return _of_window(
            ended, f"No window is open in {place}; the last one ended {_moment(ended.ends_at)}."
        )
    return Reason(f"It has windows, but none for {place}.")


def _place_of(window: AvailabilityWindow | None, audience: Audience) -> str:
    """Where somebody is asked about, else the place of the window itself."""
    if audience.territory or window is None:
        return audience.territory or "any territory"
    return "the whole world" if window.territory == WORLD else window.territory


def _is_of(window: AvailabilityWindow, territory: str | None) -> bool:
    return territory is None or window.territory in (territory, WORLD)


def _span_of(window: AvailabilityWindow) -> list[Any]:
    return span(window.territory, window.starts_at, window.ends_at)


def _of_window(window: AvailabilityWindow | None, why: str) -> Reason:
    if window is None:
        return Reason(why)
    columns = ("territory", "licence", "starts_at", "ends_at")
    return Reason(why, "window", window.pk, {name: getattr(window, name) for name in columns})


def _why_maturity(facts: Facts, holds: bool) -> Reason:
    if facts.limit is None:
        return Reason("No maturity limit was asked for.")
    if not facts.ratings:
        return Reason(f"It has no rating, and so is within no limit; this one is {facts.limit}.")
    strictest = max(facts.ratings, key=lambda each: _strictness(facts, each))
    age = _age(facts, strictest)
    if age is None:
        why = f"No level says what {strictest} means, and so it is within no limit."
    elif holds:
        why = f"Its strictest rating, {strictest}, is for {age} years and over: within the limit of {facts.limit}."
    else:
        why = f"Its strictest rating, {strictest}, is for {age} years and over: above the limit of {facts.limit}."
    values = {"system": strictest.system, "country": strictest.country, "value": strictest.value}
    return Reason(why, "rating", strictest.pk, {**values, "minimum_age": age})


def _strictness(facts: Facts, rating: MaturityRating) -> int:
    """An unmapped value is stricter than every mapped one."""
    age = _age(facts, rating)
    return OLDER_THAN_ANY if age is None else age


def _age(facts: Facts, rating: MaturityRating) -> int | None:
    return facts.ages.get(label_of(rating.system, rating.value))


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


REASONS: Mapping[str, Callable[[Facts, bool], Reason]] = {
    "published": _why_status,
    "date": _why_date,
    "window": _why_window,
    "maturity": _why_maturity,
}
