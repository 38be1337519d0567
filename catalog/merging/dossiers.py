"""The record of avails of a title that is merged or parted again, and what it opens, written as an import does.

A title has one dossier of avails (`catalog.importing.avails.dossiers`). Entry points: `dossier_of`, `empty_dossier`,
`licensing_of`, `avails_in`, `opened_by`, `said_before`, `dossier_rewrite`, `dossier_save`; `windows_there` is what a
title has.
Failure: `django.db.Error`s.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from catalog.importing.avails.dossiers import (
    EDITION,
    SCHEME,
    Names,
    licences_in,
    record_of,
    withdrawn_in,
)
from catalog.importing.avails.windows import Refusal, windows_of
from catalog.importing.children import WINDOWS, rows_of
from catalog.importing.identity import source_id
from catalog.importing.records import Record, Row, Title, Window, digest_of, json_of
from catalog.importing.replacing import Before, children_replace
from catalog.importing.selectors import dossiers_by_title
from catalog.models import AvailabilityWindow, Source
from streaming.stores.aliases import CATALOG


class Opened(NamedTuple):
    """What avails open."""

    windows: list[Window]
    refused: list[Refusal]


@dataclass(frozen=True)
class Licensing:
    """What a title has of avails: those that are `there`, and how it was named by those that are not any more.

    Of a title that has neither there were never any, and no licence restricts it: not the same as a title whose avails
    were all taken back, which is closed.
    """

    there: tuple[Record, ...] = ()
    withdrawn: tuple[Names, ...] = ()

    @property
    def is_restricted(self) -> bool:
        return bool(self.there or self.withdrawn)

    @property
    def opened(self) -> Opened:
        return opened_by(self.there) if self.is_restricted else Opened([], [])


def dossier_of(content_id: UUID) -> Source | None:
    return dossiers_by_title(scheme=SCHEME, ids=[content_id]).get(content_id)


def empty_dossier(like: Source, content_id: UUID) -> Source:
    """One that has nothing yet, for a title that another title's avails are to be of."""
    return Source(
        id=source_id(content_id, SCHEME, like.value),
        content_id=content_id,
        scheme=SCHEME,
        value=like.value,
        record={},
        imported_at=like.imported_at,
    )


def avails_in(dossier: Source) -> list[Record]:
    avails: list[Record] = dossier.record.get("avails", [])
    return avails


def licensing_of(dossier: Source | None) -> Licensing:
    if dossier is None:
        return Licensing()
    return Licensing(tuple(avails_in(dossier)), tuple(withdrawn_in(dossier.record)))


def opened_by(avails: Sequence[Record]) -> Opened:
    """`CLOSED` alone where they open nothing."""
    return Opened(*windows_of(licences_in({"avails": avails})))


def said_before(dossier: Source, windows: Sequence[Window]) -> Before:
    """Of a title that was brought these windows."""
    return Before(
        title=Title("", "", windows=tuple(windows)),
        is_whole=True,
        kept_out=frozenset(dossier.kept_out or ()),
    )


def kept_out_of(dossier: Source, windows: Iterable[Window]) -> set[Window]:
    """Those of the windows that its title had no place for."""
    kept_out = set(dossier.kept_out or ())
    return {said for key, said in windows_by_id(dossier.content_id, windows).items() if key in kept_out}


def windows_by_id(content_id: UUID, windows: Iterable[Window]) -> dict[UUID, Window]:
    """By the ids that an import gives their rows."""
    rows = rows_of(WINDOWS, content_id, Title("", "", windows=tuple(windows)))
    return {key: Window(*values[2:]) for key, values in rows.items()}


def windows_there(content_id: UUID) -> list[AvailabilityWindow]:
    rows = AvailabilityWindow.objects.using(CATALOG).filter(content_id=content_id)
    return list(rows.order_by("territory", "licence", "starts_at"))


def said_by(row: AvailabilityWindow) -> Window:
    return Window(row.territory, row.licence, row.starts_at, row.ends_at)


def dossier_rewrite(
    dossier: Source, licensing: Licensing, windows: Sequence[Window], before: Before
) -> list[str]:
    """Writes the dossier, and its windows as an import of it does; what stays or is kept out, in a sentence each."""
    content_id = dossier.content_id
    row = Row(0, 0, dossier.value, {}, Title("", "", windows=tuple(windows)))
    kept_out = list(children_replace(WINDOWS, {content_id: row}, {content_id: before}, {}))
    dossier_save(dossier, licensing, {each.child_id for each in kept_out if each.child_id})
    return [each.reason for each in kept_out]


def dossier_save(dossier: Source, licensing: Licensing, kept_out: Iterable[UUID]) -> None:
    dossier.record = record_of(list(licensing.there), licensing.withdrawn)
    dossier.digest = digest(dossier.record)
    dossier.kept_out = sorted(kept_out) or None
    dossier.save(using=CATALOG)


def digest(record: Record) -> str:
    return digest_of(json_of(record), EDITION)
