"""What a transaction of an avail opens: a licence in territories from one moment until another.

Entry point: `offers_of`. Failure: `records.Rejected`, for what a window cannot say or the file does not date.
"""

from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

import pycountry

from catalog.importing.movielabs import country_of, duration_of, moment_of
from catalog.importing.records import Rejected
from catalog.importing.territories import utc_of
from catalog.importing.xml import Element
from catalog.models import AvailabilityWindow

LICENCES = {
    "est": AvailabilityWindow.Licence.SALE,
    "vod": AvailabilityWindow.Licence.RENTAL,
    "tvod": AvailabilityWindow.Licence.RENTAL,
    "pvod": AvailabilityWindow.Licence.RENTAL,
    "svod": AvailabilityWindow.Licence.SUBSCRIPTION,
    # The two that title lists of subscription services use in place of it.
    "pre-release": AvailabilityWindow.Licence.SUBSCRIPTION,
    "library": AvailabilityWindow.Licence.SUBSCRIPTION,
    "avod": AvailabilityWindow.Licence.ADVERTISING,
    "fvod": AvailabilityWindow.Licence.FREE,
    "fod": AvailabilityWindow.Licence.FREE,
}
FROM_ALWAYS = ("open", "immediate")
DATE = len("2019-05-17")
# Systems that cannot leave the end empty write a year like 9999; no licence of ours runs as long as this.
NO_END_YEAR = 2200


class Offer(NamedTuple):
    """One territory's share of a transaction. `format` is the quality that is offered, which windows do not keep."""

    territory: str
    licence: str
    starts_at: datetime | None
    ends_at: datetime | None
    format: str


def offers_of(transaction: Element) -> list[Offer]:
    """In the order of the territories. Raises `Rejected`."""
    licence = _licence(transaction.text_of("avails:LicenseType"))
    duration = transaction.text_of("avails:WindowDuration")
    return [
        Offer(
            territory,
            licence,
            *_span(transaction, territory, duration),
            transaction.text_of("avails:FormatProfile"),
        )
        for territory in _territories(transaction)
    ]


def _licence(said: str) -> str:
    licence = LICENCES.get(said.lower())
    if licence is None:
        raise Rejected(f"LicenseType '{said}' opens nothing here: {', '.join(sorted(LICENCES)).upper()} do")
    return licence


def _territories(transaction: Element) -> list[str]:
    """Of exclusions alone all other countries: "complement to Territory", as the change log of version 2.3 says."""
    named, excluded = (
        [_territory(region) for region in transaction.all(path)]
        for path in ("avails:Territory", "avails:TerritoryExcluded")
    )
    if not named and not excluded:
        raise Rejected("it names no territory")
    return [code for code in dict.fromkeys(named or _everywhere()) if code not in excluded]


@cache
def _everywhere() -> tuple[str, ...]:
    return tuple(sorted(country.alpha_2 for country in pycountry.countries))


def _territory(region: Element) -> str:
    part = region.text_of("md:countryRegion")
    if part:
        raise Rejected(f"windows are kept by country, not for a part of one like '{part}'")
    return country_of(region)


def _span(transaction: Element, territory: str, duration: str) -> tuple[datetime | None, datetime | None]:
    starts_at = _start(transaction, territory)
    ends_at = _end(transaction, territory)
    if duration:
        if starts_at is None:
            raise Rejected("it has a WindowDuration and no Start")
        longest = starts_at + duration_of(duration)
        ends_at = longest if ends_at is None else min(ends_at, longest)
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise Rejected("it ends before it begins")
    return starts_at, ends_at


def _start(transaction: Element, territory: str) -> datetime | None:
    said = transaction.text_of("avails:Start")
    if said:
        return _utc(moment_of(said), territory)
    _check_condition(transaction, "avails:StartCondition", FROM_ALWAYS)
    return None


def _end(transaction: Element, territory: str) -> datetime | None:
    """The first moment after the window.

    A date stands for all of its day, and 23:59:59 is how the trade writes the end of one: MovieLabs' own converter
    makes a spreadsheet's end date that (`FormatConverter.dateTimeToXml` in MovieLabs/mddf).
    """
    said = transaction.text_of("avails:End")
    if not said:
        _check_condition(transaction, "avails:EndCondition", ("open",))
        return None
    moment = moment_of(said)
    if moment.year >= NO_END_YEAR:
        return None
    if len(said) == DATE:
        moment += timedelta(days=1)
    elif (moment.hour, moment.minute, moment.second) == (23, 59, 59):
        moment = moment.replace(microsecond=0) + timedelta(seconds=1)
    return _utc(moment, territory)


def _utc(moment: datetime, territory: str) -> datetime:
    if moment.year < 1800 or moment.year >= NO_END_YEAR:
        raise Rejected(f"the year {moment.year} is none of a licence")
    return utc_of(moment, territory)


def _check_condition(transaction: Element, path: str, understood: tuple[str, ...]) -> None:
    condition = transaction.first(path)
    name = path.partition(":")[2]
    if condition is None:
        raise Rejected(f"it has neither {name.removesuffix('Condition')} nor {name}")
    if condition.text.lower() not in understood or condition.attributes.get("lag"):
        raise Rejected(f"{name} '{condition.text}' waits for something that the file does not date")
