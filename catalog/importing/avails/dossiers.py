"""A title's avails, as `content_sources` keeps them: all that its licensors said last.

Plain JSON: `avails` has for each `ALID`, in the order in which they came, its `transactions` and the rest of it as
`head`. An avail that is extracted anew takes the place of what was known of it; an update or a deletion that names
transactions by `TransactionID` is of those alone.

`withdrawn` has how the title was named by avails that there were and are no more, or not by these names. A title whose
licences were all taken back is closed, while one that never had any is open: which of two titles that were merged it is
of, these names say (`catalog.merging.parting`).

Entry points: `delivery_of`, `unheard_of`, `dossier_with`, `record_of`, `licences_in`, `names_in`, `withdrawn_in`.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from catalog.importing.avails.assets import asset_of, candidates_of, is_part_of_series
from catalog.importing.avails.windows import Licence
from catalog.importing.records import ExternalId, Record, Rejected, json_of
from catalog.importing.xml import Element, element_of

SCHEME = "avails"  # of the records in `content_sources`
EDITION = 1  # of what is made of such a record
TRANSACTION = "avails:Transaction"
Names = tuple[ExternalId, ...]
UNNAMED: Names = ()  # of avails that were taken back when dossiers did not have their names yet
# The entry types of version 2.5 and after, besides the two before.
PUT, CHANGE, TAKE = ("full extract", "create"), ("update",), ("full delete", "delete")


class Delivery(NamedTuple):
    """An avail as a file brings it. `entry` says what is to be done with it; `lines` are its transactions'."""

    alid: str
    entry: str
    head: Record
    transactions: list[Record]
    lines: list[int]


Lines = dict[tuple[str, int], int]  # of a transaction, by avail and place in it


def delivery_of(avail: Element) -> Delivery:
    """Raises `Rejected`."""
    alid, said = avail.text_of("avails:ALID"), avail.text_of("avails:Disposition/avails:EntryType")
    if not alid:
        raise Rejected("it has no ALID")
    if said.lower() not in (*PUT, *CHANGE, *TAKE):
        raise Rejected(f"EntryType '{said}' is none of Full Extract, Full Delete, Create, Update and Delete")
    head = avail.as_json()
    transactions = head.pop(TRANSACTION, [])
    lines = [each.line for each in avail.all(TRANSACTION)]
    return Delivery(alid, said.lower(), head, transactions, lines)


def unheard_of(dossier: Record, deliveries: list[Delivery]) -> list[str]:
    """For each delivery that takes back what is not there, what is wrong with it; else empty."""
    known = {each["alid"] for each in dossier.get("avails", [])}
    return [
        "there is no avail of this ALID to take back" if each.entry in TAKE and each.alid not in known else ""
        for each in deliveries
    ]


def dossier_with(dossier: Record, deliveries: list[Delivery]) -> tuple[Record, Lines]:
    """The dossier after these, and where in the file its transactions stand that are from there."""
    avails = {each["alid"]: each for each in dossier.get("avails", [])}
    withdrawn = withdrawn_in(dossier)
    lines: Lines = {}
    for delivery in deliveries:
        before = avails.get(delivery.alid)
        kept = _transactions(delivery, before["transactions"] if before else [])
        if kept or delivery.entry not in TAKE:
            head = delivery.head if delivery.entry not in TAKE or before is None else before["head"]
            avails[delivery.alid] = {"alid": delivery.alid, "head": head, "transactions": kept}
        else:
            avails.pop(delivery.alid, None)
        withdrawn += _withdrawn(before, avails.get(delivery.alid))
        told = {id(each): line for each, line in zip(delivery.transactions, delivery.lines, strict=True)}
        lines |= {
            (delivery.alid, place): told[id(each)] for place, each in enumerate(kept) if id(each) in told
        }
    return record_of(list(avails.values()), withdrawn), lines


def record_of(avails: list[Record], withdrawn: Iterable[Names]) -> Record:
    """A dossier. That something was withdrawn goes without saying where none is left."""
    names = list(dict.fromkeys(withdrawn))
    if not names or (not avails and names == [UNNAMED]):
        return {"avails": avails}
    return {"avails": avails, "withdrawn": [[list(name) for name in each] for each in names]}


def _transactions(delivery: Delivery, before: list[Record]) -> list[Record]:
    """What the avail has after a delivery. What has no `TransactionID` cannot be named by one: to take it back there
    is the whole avail only, and an update adds it unless it is there as it is."""
    if delivery.entry in PUT:
        return delivery.transactions
    if delivery.entry in CHANGE:
        anew = {_known_by(each): each for each in delivery.transactions}
        kept = [anew.pop(_known_by(each), each) for each in before]
        return [*kept, *(each for each in delivery.transactions if _known_by(each) in anew)]
    named = {_id(each) for each in delivery.transactions if _id(each)}
    if delivery.entry == "full delete" or not named:
        return []
    return [each for each in before if _id(each) not in named]


def _id(transaction: Record) -> str:
    return str(transaction.get("@TransactionID", ""))


def _known_by(transaction: Record) -> tuple[str, str]:
    said = _id(transaction)
    return said, "" if said else json_of(transaction)


def licences_in(dossier: Record) -> Iterator[Licence]:
    """The transactions in the order in which their avails came."""
    for avail in dossier["avails"]:
        is_part = is_part_of_series(asset_of(_element(avail["head"])))
        for place, transaction in enumerate(avail["transactions"]):
            yield Licence(avail["alid"], place, element_of(TRANSACTION, transaction), is_part)


def names_in(dossier: Record) -> dict[str, Names]:
    """What each avail's title is named by, by `ALID`: as when a file brought it."""
    return {each["alid"]: _names_of(each) for each in dossier["avails"]}


def withdrawn_in(dossier: Record) -> list[Names]:
    """How the title was named by what its licensors took back, or named otherwise since."""
    if dossier.get("avails") == [] and "withdrawn" not in dossier:
        return [UNNAMED]
    return [tuple(ExternalId(*name) for name in each) for each in dossier.get("withdrawn", [])]


def _withdrawn(before: Record | None, now: Record | None) -> list[Names]:
    if before is None or (now and now["head"] == before["head"]):
        return []
    names = _names_of(before)
    return [] if now and _names_of(now) == names else [names]


def _names_of(avail: Record) -> Names:
    return candidates_of(_element(avail["head"]))


def _element(head: Any) -> Element:
    return element_of("avails:Avail", head)
