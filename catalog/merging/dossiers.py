"""The avails of titles that are merged: what was imported of each (`catalog.importing.avails.dossiers`) becomes one.

Imports read one dossier of a title. Of two that lay side by side, the licences of one could never be taken back.

Entry points: `dossiers_unite`, `dossiers_part`, `is_no_second`. Failure: `django.db.Error`s.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from catalog.importing.avails.windows import CLOSED
from catalog.importing.children import WINDOWS, rows_of
from catalog.importing.records import Record, Title, digest_of, json_of
from catalog.models import AvailabilityWindow, Source
from streaming.stores.aliases import CATALOG

SCHEME = "avails"
EDITION = 1  # of the digests of that format's records


def is_no_second(row: Source, there: list[Source]) -> bool:
    """Whether a title that has these sources may have another one's as well."""
    return row.scheme != SCHEME or all(each.scheme != SCHEME for each in there)


def dossiers_unite(*, loser_id: UUID, survivor_id: UUID) -> dict[str, str]:
    """Adds the loser's avails to a dossier that the survivor has; of one that both have, the survivor's stays.

    A digest of each that was added, by its `ALID`.
    """
    ours, theirs = _dossier_of(survivor_id), _dossier_of(loser_id)
    if ours is None or theirs is None:
        return {}
    avails = _avails(ours)
    has = {each["alid"] for each in avails}
    added = [each for each in _avails(theirs) if each["alid"] not in has]
    if added:
        _write(ours, [*avails, *added])
    return {each["alid"]: _digest(each) for each in added}


def dossiers_part(*, survivor_id: UUID, added: Mapping[str, str]) -> list[str]:
    """Takes back what `dossiers_unite` added and no licensor changed since; what stays, in a sentence each.

    The windows that were copied have been taken back before: a survivor of whose own licences none is left is closed,
    as the import of their end would have closed it.
    """
    ours = _dossier_of(survivor_id) if added else None
    if ours is None:
        return []
    left = [each for each in _avails(ours) if added.get(each["alid"]) != _digest(each)]
    if len(left) < len(_avails(ours)):
        _write(ours, left)
    if not left:
        _close(survivor_id)
    return [f"avail {each['alid']} was changed since" for each in left if each["alid"] in added]


def _dossier_of(content_id: UUID) -> Source | None:
    """The one that imports read: `catalog.importing.selectors.records_of_scheme`."""
    sources = Source.objects.using(CATALOG).filter(content_id=content_id, scheme=SCHEME)
    return sources.order_by("value").first()


def _avails(dossier: Source) -> list[Record]:
    avails: list[Record] = dossier.record.get("avails", [])
    return avails


def _write(dossier: Source, avails: list[Record]) -> None:
    record: dict[str, Any] = {**dossier.record, "avails": avails}
    rows = Source.objects.using(CATALOG).filter(content_id=dossier.content_id, pk=dossier.pk)
    rows.update(record=record, digest=_digest(record))


def _close(content_id: UUID) -> None:
    windows = AvailabilityWindow.objects.using(CATALOG)
    if not windows.filter(content_id=content_id).exists():
        closed = rows_of(WINDOWS, content_id, Title("", "", windows=(CLOSED,)))
        for values in closed.values():  # one
            windows.create(**dict(zip(WINDOWS.columns, values, strict=True)))


def _digest(record: Record) -> str:
    return digest_of(json_of(record), EDITION)
