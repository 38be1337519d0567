"""What is noted with a merge of two titles' avails, so that `parting` can tell whose they are when it is undone.

What licensors take back meanwhile stays in the dossier, by the names of its title. Merges of earlier releases are
without that: what they noted instead was whether the survivor had avails, or a dossier, which may have been another
title's that was merged into it as well; of two titles without any they noted nothing.

Entry points: `note_of`, `Noted`, `noted_in`, `others_follow`. Failure: `django.db.Error`s.
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from catalog.models import ContentMerge
from streaming.stores.aliases import CATALOG

Digests = Mapping[str, str]  # of avails, by `ALID`


class Noted(NamedTuple):
    """`given` are the avails that the survivor got and `own` those that it had, `ids` are the external ids that moved.

    `is_whole`: whatever was taken back since is in the dossier. `had_avails` says that the survivor had some; its
    opposite says nothing where that is not whole.
    """

    given: Digests
    own: Digests
    ids: Collection[tuple[str, str]]
    is_whole: bool
    had_avails: bool


def note_of(given: Digests, own: Digests) -> dict[str, Any]:
    return {"avails": given, "own_avails": own, "withdrawals_are_kept": True}


def noted_in(undo: Mapping[str, Any], *, loser_id: UUID, survivor_id: UUID) -> Noted:
    is_whole = "withdrawals_are_kept" in undo
    own: Digests = undo.get("own_avails") or {}
    return Noted(
        given=undo.get("avails", {}),
        own=own,
        ids=[(scheme, value) for scheme, value in undo["external_ids"]],
        is_whole=is_whole,
        had_avails=bool(own) if is_whole else _had_avails(undo, _given_by_others(loser_id, survivor_id)),
    )


def others_follow(noted: Noted, *, loser_id: UUID, survivor_id: UUID, gone: Collection[str]) -> None:
    """Other merges into the survivor noted avails for its own that go now: they are not its own."""
    brought_first = not noted.is_whole and not noted.had_avails and bool(noted.given)
    changed = []
    for merge in _others(loser_id, survivor_id):
        own = merge.undo.get("own_avails") or {}
        if not own.keys().isdisjoint(gone):
            merge.undo["own_avails"] = {alid: own[alid] for alid in own.keys() - gone} or None
            changed.append(merge)
        elif brought_first and merge.undo.get("avails_are_first") is False:
            merge.undo["avails_are_first"] = True
            changed.append(merge)
    if changed:
        ContentMerge.objects.using(CATALOG).bulk_update(changed, ["undo"])


def _had_avails(undo: Mapping[str, Any], of_others: Collection[str]) -> bool:
    """As merges of earlier releases say it: a dossier of which nothing was left is one, too."""
    if "own_avails" in undo:
        own = undo["own_avails"]
        return own is not None and (not own or bool(own.keys() - of_others))
    return bool(undo.get("avails")) and not undo.get("avails_are_first", False) and not of_others


def _given_by_others(loser_id: UUID, survivor_id: UUID) -> set[str]:
    return {alid for merge in _others(loser_id, survivor_id) for alid in merge.undo.get("avails", ())}


def _others(loser_id: UUID, survivor_id: UUID) -> list[ContentMerge]:
    """Not those into a title that was merged into the survivor: they noted what that one had."""
    merges = ContentMerge.objects.using(CATALOG).filter(into_id=survivor_id, undo__into=str(survivor_id))
    return list(merges.exclude(content_id=loser_id).order_by("content_id"))
