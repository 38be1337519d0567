"""Local time of a territory, for licences that begin and end "at midnight there".

Entry point: `utc_of`. Time zones by country are those of the IANA time zone database (`zone.tab` of the package
`tzdata`).
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from catalog.codes import WORLD


def utc_of(local: datetime, territory: str) -> datetime:
    """The moment at which a territory's clocks first show `local`; a moment with an offset of its own is that one.

    Where a territory has several time zones it is the first to get there that counts, for a start and for an end: so
    stores read avails (Google's "first time zone in the corresponding territory"). The whole world goes by UTC.
    """
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    zones = () if territory == WORLD else zones_by_country().get(territory, ())
    return min(
        (local.replace(tzinfo=zone).astimezone(UTC) for zone in zones), default=local.replace(tzinfo=UTC)
    )


@cache
def zones_by_country() -> Mapping[str, tuple[ZoneInfo, ...]]:
    zones: defaultdict[str, list[ZoneInfo]] = defaultdict(list)
    table = files("tzdata") / "zoneinfo" / "zone.tab"
    for line in table.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, name = line.split("\t")[:3]
            zones[country].append(ZoneInfo(name))
    return {country: tuple(found) for country, found in zones.items()}
