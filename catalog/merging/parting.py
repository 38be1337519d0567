"""Whose the avails of a united dossier are when a merge is undone, and what either title is shown by then.

An avail that is as it was at the merge is where it was. One that licensors brought or changed since is of the title
that its ids lead to, now that those went back: the title that an import of its file would find. So either title ends
with the licences that it would have if the two had never been merged, and no licence is left where no import takes it
back. One whose ids lead to neither stays with the title that it came from.

Windows are written as an import of each dossier would write them, so those that editors entered stay where they are.
What editors took away or corrected of a licence that changed since goes with the licence.

Entry point: `licences_give_back`. Failure: `django.db.Error`s.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from catalog.importing.avails.dossiers import names_in
from catalog.importing.avails.windows import CLOSED
from catalog.importing.identity import title_named
from catalog.importing.records import Record, Window
from catalog.importing.selectors import claims_by_id
from catalog.merging.dossiers import (
    Known,
    avails_in,
    digest,
    dossier_of,
    dossier_rewrite,
    empty_dossier,
    kept_out_of,
    opened_by,
    said_before,
    said_by,
    windows_by_id,
    windows_there,
)
from catalog.models import AvailabilityWindow, Source
from catalog.services.windows import overlaps_among
from streaming.stores.aliases import CATALOG


class _Parted(NamedTuple):
    """The avails of either title, and what is not as the editor may think, in a sentence each."""

    theirs: list[Record]
    ours: list[Record]
    told: list[str]


class _Edited(NamedTuple):
    """Of windows that go with their licences those that editors took away, and rows of those that they corrected."""

    taken_away: set[Window]
    corrected: dict[Window, AvailabilityWindow]


def licences_give_back(*, loser_id: UUID, survivor_id: UUID, known: Known) -> list[str]:
    """Parts the dossier and what it opened; what is not as it was, in a sentence each.

    To be called when the external ids went back. A survivor of whose own licences none is left is closed, as the import
    of their end would have closed it; one that had no dossier has none again.
    """
    ours, theirs = dossier_of(survivor_id), dossier_of(loser_id)
    if ours is None:
        return []
    there = avails_in(ours)
    parted = _parted(
        there, avails_in(theirs) if theirs else [], _that_go(there, loser_id, survivor_id, known), known
    )
    if theirs is None and parted.theirs:
        theirs = empty_dossier(ours, loser_id)
    told = list(parted.told)
    if theirs is not None and parted.theirs != avails_in(theirs):
        told += _give(theirs, parted, ours)
    is_first = known.own is None
    if is_first or parted.ours != there:
        told += _keep(ours, parted.ours, is_first=is_first)
    return told


def _that_go(there: list[Record], loser_id: UUID, survivor_id: UUID, known: Known) -> set[str]:
    """The `ALID`s of those that are the loser's."""
    names, own = names_in({"avails": there}), known.own or {}
    claims = claims_by_id({name for each in names.values() for name in each})
    go = set()
    for avail in there:
        alid, said = avail["alid"], digest(avail)
        if said == own.get(alid):
            continue
        title = title_named(names[alid], claims)
        came_from_it = alid in known.given and title != survivor_id
        if said == known.given.get(alid) or title == loser_id or came_from_it:
            go.add(alid)
    return go


def _parted(there: list[Record], before: list[Record], go: Collection[str], known: Known) -> _Parted:
    """`before` is what the loser had at the merge. It gets those that go; it loses those that were given and do not."""
    going = {each["alid"]: each for each in there if each["alid"] in go}
    theirs = {each["alid"]: each for each in before if each["alid"] not in known.given} | going
    order = dict.fromkeys(each["alid"] for each in (*before, *there))
    ours = [each for each in there if each["alid"] not in go]
    staying = {each["alid"] for each in ours}
    told = [
        *(
            f"avail {alid} is not given back: it names the title that stays"
            if alid in staying
            else f"avail {alid} was taken back since"
            for alid in sorted(known.given.keys() - go)
        ),
        *(
            f"avail {alid} of the title that stays was replaced by one of the other title, and goes with it"
            for alid in sorted((known.own or {}).keys() & go)
        ),
    ]
    return _Parted([theirs[alid] for alid in order if alid in theirs], ours, told)


def _give(theirs: Source, parted: _Parted, ours: Source) -> list[str]:
    """Writes the loser's dossier and windows; what they do not have of it, in a sentence each."""
    had, now = opened_by(avails_in(theirs)), opened_by(parted.theirs)
    united = opened_by(avails_in(ours))
    fresh = set(now.windows) - set(had.windows)
    edited = _edited(ours, fresh.intersection(united.windows) - kept_out_of(ours, united.windows))
    as_said = [each for each in now.windows if each not in edited.taken_away and each not in edited.corrected]
    as_said = as_said if as_said or edited.corrected else [CLOSED]
    known = {(each.alid, each.place) for each in (*had.refused, *united.refused)}
    told = [
        f"a licence of avail {alid} opens nothing: {reason}"
        for alid, place, reason in now.refused
        if (alid, place) not in known
    ]
    told += dossier_rewrite(theirs, parted.theirs, as_said, said_before(theirs, had.windows))
    return told + _move_corrected(theirs.content_id, ours.content_id, edited, opened_by(parted.ours).windows)


def _edited(ours: Source, windows: Collection[Window]) -> _Edited:
    """What editors made of these, which a licensor brought to the survivor."""
    rows = windows_there(ours.content_id)
    by_id, said = {row.pk: row for row in rows}, set(map(said_by, rows))
    away, corrected = set[Window](), dict[Window, AvailabilityWindow]()
    for key, window in windows_by_id(ours.content_id, windows).items():
        if window in said:
            continue
        if key in by_id:
            corrected[window] = by_id[key]
        else:
            away.add(window)
    return _Edited(away, corrected)


def _move_corrected(
    loser_id: UUID, survivor_id: UUID, edited: _Edited, stays: Collection[Window]
) -> list[str]:
    """To the loser, under the ids that an import gives what was corrected; those that it has no place for are named."""
    ids = {window: key for key, window in windows_by_id(loser_id, edited.corrected).items()}
    copies = [
        AvailabilityWindow(id=ids[window], content_id=loser_id, **said_by(row)._asdict())
        for window, row in edited.corrected.items()
    ]
    overlaps = overlaps_among(copies, windows_there(loser_id))
    met = {each.window.pk for each in overlaps}
    rows = AvailabilityWindow.objects.using(CATALOG)
    rows.bulk_create([copy for copy in copies if copy.pk not in met])
    gone = [row.pk for window, row in edited.corrected.items() if window not in stays]
    rows.filter(content_id=survivor_id, pk__in=gone).delete()
    return [
        f"availability window {each.window} is not given back: it overlaps {each.met}" for each in overlaps
    ]


def _keep(ours: Source, avails: list[Record], *, is_first: bool) -> list[str]:
    """Writes what is left to the survivor; which windows stay that no avail of it opens, in a sentence each."""
    windows: Sequence[Window] = opened_by(avails).windows if avails or not is_first else []
    told = dossier_rewrite(ours, avails, windows, said_before(ours, opened_by(avails_in(ours)).windows))
    if is_first and not avails:
        Source.objects.using(CATALOG).filter(content_id=ours.content_id, pk=ours.pk).delete()
    return told
