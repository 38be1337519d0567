"""Windows of a title from its avails: what transactions offer, put together where they belong together.

Two offers of one licence in one territory that overlap are one window when they are the same span, when they are of one
avail and of different formats (HD and SD are sold side by side), or when both are of parts of a series (which is open
while any part is). Otherwise licences contradict each other, and the later one is refused.

Entry point: `windows_of`. Failure: none; what opens nothing is told of as `Refusal`.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from catalog.codes import WORLD
from catalog.importing.avails.transactions import Offer, offers_of
from catalog.importing.records import Rejected, Window
from catalog.importing.xml import Element
from catalog.windows import ALWAYS, NEVER, end_of, printed, start_of
from streaming.stores.units import counted

MOST_WINDOWS = 5000  # of a title
MORE = "more territory", "more territories"
# What a title has whose licences have all been taken back: without any window no licence would restrict it.
CLOSED = Window(WORLD, ends_at=datetime(1970, 1, 1, tzinfo=UTC))


class Licence(NamedTuple):
    """A transaction with the avail it is of and its place there. `is_part`: of a season or an episode."""

    alid: str
    place: int
    transaction: Element
    is_part: bool


class Refusal(NamedTuple):
    alid: str
    place: int
    reason: str


@dataclass
class _Open:
    """A window under way; the ends as moments even where there is none, to compare."""

    start: datetime
    end: datetime
    alid: str
    transaction: str
    formats: set[str]
    is_part: bool

    @property
    def named(self) -> tuple[datetime | None, datetime | None]:
        """Start and end, of those that there are."""
        return (self.start if self.start > ALWAYS else None), (self.end if self.end < NEVER else None)


Held = dict[tuple[str, str], list[_Open]]  # by territory and licence, each in order and without overlaps


def windows_of(licences: Iterable[Licence]) -> tuple[list[Window], list[Refusal]]:
    """The windows in the order of territory, licence and start; `CLOSED` alone where nothing is open."""
    held: Held = {}
    refused: list[Refusal] = []
    count = 0
    for licence in licences:
        try:
            offers = offers_of(licence.transaction)
            if count + len(offers) > MOST_WINDOWS:
                raise Rejected(f"a title has at most {MOST_WINDOWS:,} windows")
        except Rejected as error:
            refused.append(Refusal(licence.alid, licence.place, str(error)))
            continue
        count += len(offers)
        clashes = [clash for offer in offers if (clash := _take(held, offer, licence))]
        if clashes:
            more = f" (and in {counted(len(clashes) - 1, *MORE)})" if len(clashes) > 1 else ""
            refused.append(Refusal(licence.alid, licence.place, clashes[0] + more))
    return list(_windows(held)) or [CLOSED], refused


def _take(held: Held, offer: Offer, licence: Licence) -> str:
    """Adds an offer to what is held; what it overlaps, if it may not."""
    new = _Open(
        start=start_of(offer),
        end=end_of(offer),
        alid=licence.alid,
        transaction=licence.transaction.attributes.get("TransactionID", ""),
        formats={offer.format},
        is_part=licence.is_part,
    )
    spans = held.setdefault((offer.territory, offer.licence), [])
    first, last = _overlapped(spans, new)
    for other in spans[first:last]:
        if not _belong_together(other, new):
            return (
                f"{offer.territory} {offer.licence} {printed(*new.named)} overlaps {printed(*other.named)}"
                f" of transaction {other.transaction or '?'} of {other.alid}"
            )
    for other in spans[first:last]:
        new.start, new.end = min(new.start, other.start), max(new.end, other.end)
        new.formats |= other.formats
    spans[first:last] = [new]
    return ""


def _overlapped(spans: list[_Open], new: _Open) -> tuple[int, int]:
    """Which of `spans` the new one overlaps, as a slice."""
    first = bisect_left(spans, True, key=lambda span: span.end > new.start)
    last = bisect_left(spans, True, key=lambda span: span.start >= new.end)
    return first, max(first, last)


def _belong_together(one: _Open, other: _Open) -> bool:
    if (one.start, one.end) == (other.start, other.end) or (one.is_part and other.is_part):
        return True
    return one.alid == other.alid and one.formats.isdisjoint(other.formats)


def _windows(held: Held) -> Iterator[Window]:
    for (territory, licence), spans in sorted(held.items()):
        for span in spans:
            yield Window(territory, licence, *span.named)
