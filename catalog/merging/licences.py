"""What a surviving title may be shown by: its own windows and those of the title that was merged into it.

Two windows are the same when territory, licence and dates are. Of two that overlap otherwise a title can have one only:
the survivor's stays, and the account of the merge names the other one, lest a licence be lost and nobody hear of it.

Imports read one dossier of a title's avails (`catalog.importing.avails.dossiers`). Of two that lay side by side, the
licences of one could never be taken back. So they become one, and its windows are written as an import of that dossier
would write them: what editors took away or corrected stays so, and what something else keeps out is tried again by
later imports.

A survivor without windows is open everywhere, and stays so: those of the dossier come in by the next import of it.

Entry points: `licences_take_over`, `licences_give_back`. Failure: `django.db.Error`s.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from catalog.importing.avails.dossiers import licences_in
from catalog.importing.avails.windows import Refusal, windows_of
from catalog.importing.children import WINDOWS, rows_of
from catalog.importing.identity import source_id
from catalog.importing.records import Record, Row, Title, Window, digest_of, json_of
from catalog.importing.replacing import Before, children_replace
from catalog.models import AvailabilityWindow, Source
from catalog.services.windows import overlaps_among
from streaming.stores.aliases import CATALOG

AVAILS = "avails"
EDITION = 1  # of the digests of that format's records


class Taken(NamedTuple):
    """Copies of windows to be saved; for undoing, a digest of each avail that was added by its `ALID`, and whether the
    survivor had none before; and what was not taken over, in a sentence each.
    """

    copies: list[AvailabilityWindow]
    avails: dict[str, str]
    is_first: bool
    left: list[str]


class _Opened(NamedTuple):
    """What a dossier opens."""

    windows: list[Window]
    refused: list[Refusal]


def licences_take_over(*, loser_id: UUID, survivor_id: UUID) -> Taken:
    """Unites the avails, and has the other windows of the loser copied that the survivor has a place for."""
    theirs, is_restricted = _windows(loser_id), bool(_windows(survivor_id))
    dossier = _dossier_of(loser_id)
    opened = _opened(_avails(dossier)) if dossier else _Opened([], [])
    avails, is_first, left = dict[str, str](), False, list[str]()
    if dossier:
        is_first = _dossier_of(survivor_id) is None
        taken_away = set(opened.windows) - set(map(_said, theirs)) - _kept_out_of(dossier, opened.windows)
        avails, left = _unite(dossier, survivor_id, opened, taken_away, is_restricted)
    others = [row for row in theirs if _said(row) not in opened.windows]
    copies, met = _copies(others, survivor_id) if is_restricted else ([], _named(others))
    return Taken(copies, avails, is_first, [*left, *met])


def licences_give_back(*, survivor_id: UUID, avails: Mapping[str, str], is_first: bool) -> list[str]:
    """Takes back the avails that were added and no licensor changed since; what stays, in a sentence each.

    A survivor of whose own licences none is left is closed, as the import of their end would have closed it.
    """
    dossier = _dossier_of(survivor_id) if avails else None
    if dossier is None:
        return []
    there = _avails(dossier)
    left = [each for each in there if avails.get(each["alid"]) != _digest(each)]
    windows = _opened(left).windows if left or not is_first else []
    kept = _rewrite(dossier, left, windows, _before(dossier, _opened(there).windows))
    if is_first and not left:
        _sources(survivor_id).filter(pk=dossier.pk).delete()
    changed = [each["alid"] for each in left if each["alid"] in avails]
    taken_back = sorted(avails.keys() - {each["alid"] for each in there})
    return [
        *kept,
        *(f"avail {alid} was changed since" for alid in changed),
        *(f"avail {alid} was taken back since" for alid in taken_back),
    ]


def _unite(
    theirs: Source, survivor_id: UUID, opened: _Opened, taken_away: set[Window], is_restricted: bool
) -> tuple[dict[str, str], list[str]]:
    """Adds the loser's avails to those of the survivor; of one that both have, the survivor's stays."""
    ours = _dossier_of(survivor_id) or _empty(theirs, survivor_id)
    had = {each["alid"]: each for each in _avails(ours)}
    added = [each for each in _avails(theirs) if each["alid"] not in had]
    left = [
        f"avail {each['alid']} is not taken over: the one that stays has another of this id"
        for each in _avails(theirs)
        if had.get(each["alid"], each) != each
    ]
    if not added:
        return {}, left
    before, avails = _opened(list(had.values())), [*had.values(), *added]
    now = _opened(avails)
    known = {(each.alid, each.place) for each in (*before.refused, *opened.refused)}
    left += [
        f"a licence of avail {alid} is not taken over: {reason}"
        for alid, place, reason in now.refused
        if (alid, place) not in known
    ]
    if is_restricted:
        # What editors took from the loser counts as taken from the survivor.
        left += _rewrite(ours, avails, now.windows, _before(ours, [*before.windows, *taken_away]))
    else:
        # The survivor is open everywhere; the import that closes it opens the others, but what editors took away.
        later = set(now.windows) - set(before.windows) - taken_away
        _write(ours, avails, {*(ours.kept_out or ()), *_ids(survivor_id, later)})
    return {each["alid"]: _digest(each) for each in added}, left


def _rewrite(dossier: Source, avails: list[Record], windows: Sequence[Window], before: Before) -> list[str]:
    """Writes the dossier, and its windows as an import of it does; what stays or is kept out, in a sentence each."""
    content_id = dossier.content_id
    row = Row(0, 0, dossier.value, {}, Title("", "", windows=tuple(windows)))
    kept_out = list(children_replace(WINDOWS, {content_id: row}, {content_id: before}, {}))
    _write(dossier, avails, {each.child_id for each in kept_out if each.child_id})
    return [each.reason for each in kept_out]


def _copies(
    others: Iterable[AvailabilityWindow], survivor_id: UUID
) -> tuple[list[AvailabilityWindow], list[str]]:
    """Of these windows copies of those that the survivor has a place for; what is in the place of the others."""
    there = _windows(survivor_id)
    same = set(map(_said, there))
    copies = [
        AvailabilityWindow(content_id=survivor_id, **_said(row)._asdict())
        for row in others
        if _said(row) not in same
    ]
    overlaps = overlaps_among(copies, there)
    met = {each.window.pk for each in overlaps}
    left = [
        f"availability window {each.window} is not taken over: it overlaps {each.met}" for each in overlaps
    ]
    return [copy for copy in copies if copy.pk not in met], left


def _named(others: Iterable[AvailabilityWindow]) -> list[str]:
    return [
        f"availability window {row} is not taken over: the one that stays has none and is open everywhere"
        for row in others
    ]


def _windows(content_id: UUID) -> list[AvailabilityWindow]:
    rows = AvailabilityWindow.objects.using(CATALOG).filter(content_id=content_id)
    return list(rows.order_by("territory", "licence", "starts_at"))


def _said(row: AvailabilityWindow) -> Window:
    return Window(row.territory, row.licence, row.starts_at, row.ends_at)


def _opened(avails: list[Record]) -> _Opened:
    return _Opened(*windows_of(licences_in({"avails": avails})))


def _ids(content_id: UUID, windows: Iterable[Window]) -> dict[UUID, Any]:
    """With what each says."""
    return rows_of(WINDOWS, content_id, Title("", "", windows=tuple(windows)))


def _kept_out_of(dossier: Source, windows: Sequence[Window]) -> set[Window]:
    rows, kept_out = _ids(dossier.content_id, windows), set(dossier.kept_out or ())
    return {Window(*values[2:]) for key, values in rows.items() if key in kept_out}


def _before(dossier: Source, windows: Sequence[Window]) -> Before:
    return Before(
        title=Title("", "", windows=tuple(windows)),
        is_whole=True,
        kept_out=frozenset(dossier.kept_out or ()),
    )


def _sources(content_id: UUID) -> Any:
    return Source.objects.using(CATALOG).filter(content_id=content_id, scheme=AVAILS)


def _dossier_of(content_id: UUID) -> Source | None:
    """The one that imports read: `catalog.importing.selectors.records_of_scheme`."""
    found: Source | None = _sources(content_id).order_by("value").first()
    return found


def _empty(dossier: Source, content_id: UUID) -> Source:
    """One that has nothing yet, for a title that another title's is to be of."""
    return Source(
        id=source_id(content_id, AVAILS, dossier.value),
        content_id=content_id,
        scheme=AVAILS,
        value=dossier.value,
        record={"avails": []},
        imported_at=dossier.imported_at,
    )


def _avails(dossier: Source) -> list[Record]:
    avails: list[Record] = dossier.record.get("avails", [])
    return avails


def _write(dossier: Source, avails: list[Record], kept_out: Iterable[UUID]) -> None:
    dossier.record = {**dossier.record, "avails": avails}
    dossier.digest = _digest(dossier.record)
    dossier.kept_out = sorted(kept_out) or None
    dossier.save(using=CATALOG)


def _digest(record: Record) -> str:
    return digest_of(json_of(record), EDITION)
