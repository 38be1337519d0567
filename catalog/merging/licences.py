"""What a surviving title may be shown by: its own windows and those of the title that was merged into it.

Two windows are the same when territory, licence and dates are. Of two that overlap otherwise a title can have one only:
the survivor's stays, and the account of the merge names the other one, lest a licence be lost and nobody hear of it.

Imports read one dossier of a title's avails (`catalog.importing.avails.dossiers`). Of two that lay side by side, the
licences of one could never be taken back. So they become one, and its windows are written as an import of that dossier
would write them: what editors took away or corrected stays so, and what something else keeps out is tried again by
later imports.

A survivor without windows is open everywhere, and stays so: those of the dossier come in by the next import of it.

Entry point: `licences_take_over`; `parting` takes it back. Failure: `django.db.Error`s.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from catalog.importing.records import Window
from catalog.merging.dossiers import (
    Licensing,
    Opened,
    avails_in,
    digest,
    dossier_of,
    dossier_rewrite,
    dossier_save,
    empty_dossier,
    kept_out_of,
    licensing_of,
    opened_by,
    said_before,
    said_by,
    windows_by_id,
    windows_there,
)
from catalog.merging.noting import note_of
from catalog.models import AvailabilityWindow, Source
from catalog.services.windows import overlaps_among


class Taken(NamedTuple):
    """Copies of windows to be saved; what `noting` notes; and what was not taken over, in a sentence each."""

    copies: list[AvailabilityWindow]
    note: dict[str, Any]
    left: list[str]


def licences_take_over(*, loser_id: UUID, survivor_id: UUID) -> Taken:
    """Unites the avails, and has the other windows of the loser copied that the survivor has a place for."""
    theirs, is_restricted = windows_there(loser_id), bool(windows_there(survivor_id))
    dossier = dossier_of(loser_id)
    opened = opened_by(avails_in(dossier)) if dossier else Opened([], [])
    ours = dossier_of(survivor_id)
    own = {each["alid"]: digest(each) for each in avails_in(ours)} if ours else {}
    avails, left = dict[str, str](), list[str]()
    if dossier:
        taken_away = set(opened.windows) - set(map(said_by, theirs)) - kept_out_of(dossier, opened.windows)
        avails, left = _unite(
            dossier, ours or empty_dossier(dossier, survivor_id), opened, taken_away, is_restricted
        )
    others = [row for row in theirs if said_by(row) not in opened.windows]
    copies, met = _copies(others, survivor_id) if is_restricted else ([], _named(others))
    return Taken(copies, note_of(avails, own), [*left, *met])


def _unite(
    theirs: Source, ours: Source, opened: Opened, taken_away: set[Window], is_restricted: bool
) -> tuple[dict[str, str], list[str]]:
    """Adds the loser's avails to those of the survivor; of one that both have, the survivor's stays."""
    had = {each["alid"]: each for each in avails_in(ours)}
    added = [each for each in avails_in(theirs) if each["alid"] not in had]
    left = [
        f"avail {each['alid']} is not taken over: the one that stays has another of this id"
        for each in avails_in(theirs)
        if had.get(each["alid"], each) != each
    ]
    if not added:
        return {}, left
    before, avails = opened_by(list(had.values())), [*had.values(), *added]
    now, licensing = opened_by(avails), Licensing(tuple(avails), licensing_of(ours).withdrawn)
    known = {(each.alid, each.place) for each in (*before.refused, *opened.refused)}
    left += [
        f"a licence of avail {alid} is not taken over: {reason}"
        for alid, place, reason in now.refused
        if (alid, place) not in known
    ]
    if is_restricted:
        # What editors took from the loser counts as taken from the survivor.
        left += dossier_rewrite(
            ours, licensing, now.windows, said_before(ours, [*before.windows, *taken_away])
        )
    else:
        # The survivor is open everywhere; the import that closes it opens the others, but what editors took away.
        later = set(now.windows) - set(before.windows) - taken_away
        dossier_save(ours, licensing, {*(ours.kept_out or ()), *windows_by_id(ours.content_id, later)})
    return {each["alid"]: digest(each) for each in added}, left


def _copies(
    others: Iterable[AvailabilityWindow], survivor_id: UUID
) -> tuple[list[AvailabilityWindow], list[str]]:
    """Of these windows copies of those that the survivor has a place for; what is in the place of the others."""
    there = windows_there(survivor_id)
    same = set(map(said_by, there))
    copies = [
        AvailabilityWindow(content_id=survivor_id, **said_by(row)._asdict())
        for row in others
        if said_by(row) not in same
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
