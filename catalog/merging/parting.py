"""Whose the avails of a united dossier are when a merge is undone, and what either title is shown by then.

An avail that is as it was at the merge is where it was. One that licensors brought or changed since is of the title
that its ids lead to, now that those went back: the title that an import of its file would find. So either title ends
with the licences that it would have if the two had never been merged, and no licence is left where no import takes it
back. One whose ids lead to neither stays with the title that it came from.

So do the names of avails that were taken back, and a title that any of these is of is closed. One that has neither
avails nor names never had a licence: it is open everywhere, whatever the other one was licensed for.

Windows are written as an import of each dossier would write them, so those that editors entered stay where they are.
What editors took away or corrected of a licence that changed since goes with the licence.

Entry point: `licences_give_back`. Failure: `django.db.Error`s.
"""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from catalog.importing.avails.dossiers import UNNAMED, Names, names_in
from catalog.importing.avails.windows import CLOSED
from catalog.importing.identity import title_named
from catalog.importing.records import Window
from catalog.importing.selectors import claims_by_id
from catalog.merging.dossiers import (
    Licensing,
    digest,
    dossier_of,
    dossier_rewrite,
    dossier_save,
    empty_dossier,
    kept_out_of,
    licensing_of,
    said_before,
    said_by,
    windows_by_id,
    windows_there,
)
from catalog.merging.noting import Noted, others_follow
from catalog.models import AvailabilityWindow, Source
from catalog.services.windows import overlaps_among
from streaming.stores.aliases import CATALOG

UNCLEAR = (
    "licences were taken back since, and nothing says whose they were: they count as those of {0}, "
    "lest it be open everywhere"
)


class _Parted(NamedTuple):
    """What either title has of avails, and what is not as the editor may think, in a sentence each."""

    theirs: Licensing
    ours: Licensing
    told: list[str]


class _Going(NamedTuple):
    """What is the loser's: avails by `ALID`, and how it was named by those that were taken back since.

    `unclear` are such names of which nothing says whose they are.
    """

    alids: set[str]
    withdrawn: list[Names]
    unclear: list[Names]


class _Edited(NamedTuple):
    """Of windows that go with their licences those that editors took away, and rows of those that they corrected."""

    taken_away: set[Window]
    corrected: dict[Window, AvailabilityWindow]


def licences_give_back(*, loser_id: UUID, survivor_id: UUID, noted: Noted) -> list[str]:
    """Parts the dossier and what it opened; what is not as it was, in a sentence each.

    To be called when the external ids went back. A title of whose own licences none is left is closed, as the import of
    their end would have closed it; one that never had any has no dossier. Where nothing says whose a licence was that
    was taken back, the title that may have had it is closed.
    """
    ours, theirs = dossier_of(survivor_id), dossier_of(loser_id)
    if ours is None:
        return []
    there, had = licensing_of(ours), licensing_of(theirs)
    going = _going(there, loser_id, survivor_id, noted)
    parted = _parted(there, had, going, noted)
    told = list(parted.told)
    if parted.theirs != had:
        told += _give(theirs or empty_dossier(ours, loser_id), had, parted, ours)
    if parted.ours != there:
        others_follow(noted, loser_id=loser_id, survivor_id=survivor_id, gone=going.alids)
        told += _keep(ours, parted.ours, noted)
    if going.unclear and not parted.ours.there and windows_there(survivor_id):
        is_of_both = parted.theirs.withdrawn == (UNNAMED,) and not had.is_restricted
        told.append(UNCLEAR.format("both titles" if is_of_both else "the title that stays"))
    return told


def _going(there: Licensing, loser_id: UUID, survivor_id: UUID, noted: Noted) -> _Going:
    """By the names; of an id that nobody has any more counts who it came from."""
    names = names_in({"avails": there.there})
    named = {name for each in (*names.values(), *there.withdrawn) for name in each}
    claims = dict.fromkeys(noted.ids, loser_id) | claims_by_id(named)
    alids = set()
    for avail in there.there:
        alid, said = avail["alid"], digest(avail)
        if said == noted.own.get(alid):
            continue
        title = title_named(names[alid], claims)
        came_from_it = alid in noted.given and title != survivor_id
        if said == noted.given.get(alid) or title == loser_id or came_from_it:
            alids.add(alid)
    taken_back = {each: title_named(each, claims) for each in there.withdrawn}
    is_known = noted.is_whole or noted.had_avails
    return _Going(
        alids,
        withdrawn=[each for each, title in taken_back.items() if title == loser_id],
        unclear=[
            each
            for each, title in taken_back.items()
            if title not in (loser_id, survivor_id) and not (each == UNNAMED and is_known)
        ],
    )


def _parted(there: Licensing, had: Licensing, going: _Going, noted: Noted) -> _Parted:
    """`had` is of the loser at the merge."""
    theirs, ours = _loser_s(there, had, going, noted), _survivor_s(there, going, noted)
    staying = {each["alid"] for each in ours.there}
    told = [
        *(
            f"avail {alid} is not given back: it names the title that stays"
            if alid in staying
            else f"avail {alid} was taken back since"
            for alid in sorted(noted.given.keys() - going.alids)
        ),
        *(
            f"avail {alid} of the title that stays was replaced by one of the other title, and goes with it"
            for alid in sorted(noted.own.keys() & going.alids)
        ),
    ]
    return _Parted(theirs, ours, told)


def _loser_s(there: Licensing, had: Licensing, going: _Going, noted: Noted) -> Licensing:
    """It gets what goes; it loses those that were given and do not go."""
    goes = {each["alid"]: each for each in there.there if each["alid"] in going.alids}
    theirs = {each["alid"]: each for each in had.there if each["alid"] not in noted.given} | goes
    order = dict.fromkeys(each["alid"] for each in (*had.there, *there.there))
    withdrawn = dict.fromkeys((*had.withdrawn, *going.withdrawn))
    if not theirs and not withdrawn and (had.is_restricted or UNNAMED in going.unclear):
        withdrawn[UNNAMED] = None
    return Licensing(tuple(theirs[alid] for alid in order if alid in theirs), tuple(withdrawn))


def _survivor_s(there: Licensing, going: _Going, noted: Noted) -> Licensing:
    """Of its own that an earlier release has forgotten, or that went, there is that it had them."""
    stays = tuple(each for each in there.there if each["alid"] not in going.alids)
    withdrawn = dict.fromkeys(each for each in there.withdrawn if each not in going.withdrawn)
    has_own = any(each["alid"] in noted.own for each in stays)
    is_told = noted.is_whole and bool(stays or withdrawn)
    if noted.had_avails and not has_own and not is_told:
        withdrawn[UNNAMED] = None
    return Licensing(stays, tuple(withdrawn))


def _give(theirs: Source, before: Licensing, parted: _Parted, ours: Source) -> list[str]:
    """Writes the loser's dossier and windows; what they do not have of it, in a sentence each."""
    had, now, united = before.opened, parted.theirs.opened, licensing_of(ours).opened
    fresh = set(now.windows) - {*had.windows, CLOSED}
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
    return told + _move_corrected(theirs.content_id, ours.content_id, edited, parted.ours.opened.windows)


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


def _keep(ours: Source, left: Licensing, noted: Noted) -> list[str]:
    """Writes what is left to the survivor; what the editor may not expect of its windows, in a sentence each.

    One without windows is open everywhere, and stays so until an import of avails closes it.
    """
    before, now = licensing_of(ours).opened.windows, left.opened.windows
    told = []
    if windows_there(ours.content_id):
        told = dossier_rewrite(ours, left, now, said_before(ours, before))
        if not left.is_restricted and not noted.is_whole and not windows_there(ours.content_id):
            told.append("the title that stays is open everywhere: no licence of its own was noted")
    else:
        later = set(now) - set(before) - {CLOSED}
        dossier_save(ours, left, windows_by_id(ours.content_id, kept_out_of(ours, now) | later))
    if not left.is_restricted:
        Source.objects.using(CATALOG).filter(content_id=ours.content_id, pk=ours.pk).delete()
    return told
