"""Merging titles. See `catalog.merging`.

Entry points: `contents_merge`, `content_unmerge`. Failure: `CannotMerge`, `CollectionRefused`; `django.db.Error`s. Both
are one transaction: a merge is there as a whole or not at all.
"""

from typing import Any, NamedTuple
from uuid import UUID

from django.apps import apps
from django.utils import timezone

from catalog.locking import contents_lock
from catalog.merging.kinds import kinds_check
from catalog.merging.refusing import CannotMerge
from catalog.merging.taking_over import Undo, give_back, take_over
from catalog.models import Content, ContentMerge, ExternalId
from catalog.registries import Ref
from catalog.services import Pair, contents_touch, external_ids_claim
from catalog.services.external_ids import external_ids_move, external_ids_release
from catalog.terms import TERMS
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.writing import mixed_transaction

MERGED = Content.Status.MERGED


class Merged(NamedTuple):
    """What a title took over, counted by what it is called, and which licences it had no place for, in sentences."""

    taken: dict[str, int]
    left: list[str]


def contents_merge(*, loser_id: UUID, survivor_id: UUID, confirmed: bool = False) -> Merged:
    """The loser becomes part of the survivor, and its address leads there.

    Titles that were merged into the loser before lead to the survivor from now on. Raises `CannotMerge`; of titles of
    unlike types `Unconfirmed`, unless it is `confirmed` that they are one (`catalog.merging.kinds`).
    """
    if loser_id == survivor_id:
        raise CannotMerge("A title cannot be merged into itself.")
    with mixed_transaction(CATALOG):
        loser, survivor = _locked(loser_id, survivor_id)
        for title in (loser, survivor):
            if title.status == MERGED:
                raise CannotMerge(
                    f"“{title}” ({title.content_id}) is merged already: take the title that it is now."
                )
        kinds_check(loser=loser, survivor=survivor, confirmed=confirmed)
        undo: Undo = {"into": str(survivor_id), "status": loser.status}
        taken, left = take_over(loser=loser, survivor=survivor)
        undo |= taken
        undo["external_ids"] = _move_ids(loser_id, survivor_id)
        undo["followers"] = _lead(into=loser_id, to=survivor_id)
        Content.objects.using(CATALOG).filter(content_id=loser_id).update(status=MERGED)
        ContentMerge.objects.using(CATALOG).create(
            content_id=loser_id, into_id=survivor_id, merged_at=timezone.now(), undo=undo
        )
        contents_touch([survivor_id, loser_id])
    return Merged(_counted(undo), left)


def content_unmerge(*, content_id: UUID) -> list[str]:
    """Takes a merge back: both titles are as they were, as far as nobody changed them since.

    What an editor changed of what was taken over stays with the survivor; the answer says so, in a sentence each.
    Raises `CannotMerge`.
    """
    with mixed_transaction(CATALOG):
        into_id = UUID(_merge_of(content_id).undo["into"])
        titles = _locked_if_there(content_id, into_id)
        merge = _merge_of(content_id)  # another may have undone it before the lock
        undo, survivor = merge.undo, titles.get(into_id)
        if (
            merge.into_id != into_id
            and ContentMerge.objects.using(CATALOG).filter(content_id=into_id).exists()
        ):
            raise CannotMerge(
                f"{into_id}, which it was merged into, was merged itself since: undo that merge first."
            )
        lost = _return_ids(content_id, into_id, undo["external_ids"])
        kept = give_back(loser_id=content_id, survivor=survivor, undo=undo) if survivor else []
        kept += lost
        followers = ContentMerge.objects.using(CATALOG).filter(content_id__in=undo["followers"])
        followers.filter(into_id=into_id).update(into_id=content_id)
        merge.delete()
        Content.objects.using(CATALOG).filter(content_id=content_id).update(status=undo["status"])
        contents_touch([content_id, *([into_id] if survivor else [])])
    return kept


def _merge_of(content_id: UUID) -> ContentMerge:
    merge = ContentMerge.objects.using(CATALOG).filter(content_id=content_id).first()
    if merge is None:
        raise CannotMerge(f"No title {content_id} was merged into another one.")
    return merge


def _locked(*content_ids: UUID) -> tuple[Content, ...]:
    found = _locked_if_there(*content_ids)
    for content_id in content_ids:
        if content_id not in found:
            raise CannotMerge(f"There is no title {content_id}.")
    return tuple(found[content_id] for content_id in content_ids)


def _locked_if_there(*content_ids: UUID) -> dict[UUID, Content]:
    contents_lock(content_ids)
    return {row.content_id: row for row in Content.objects.using(CATALOG).filter(content_id__in=content_ids)}


def _ids_of(content_id: UUID) -> list[Ref]:
    rows = ExternalId.objects.using(CATALOG).filter(content_id=content_id).order_by("scheme", "value")
    return [Ref(row.scheme, row.value) for row in rows]


def _move_ids(loser_id: UUID, survivor_id: UUID) -> list[Ref]:
    refs = _ids_of(loser_id)
    external_ids_move(from_id=loser_id, into_id=survivor_id, refs=refs)
    return refs


def _return_ids(content_id: UUID, into_id: UUID, moved: list[list[str]]) -> list[str]:
    """Those that the survivor still has; one that was taken from it since is not the loser's again."""
    refs, there = [Ref(*each) for each in moved], _ids_of(into_id)
    back = [ref for ref in refs if ref in there]
    external_ids_release(content_id=into_id, refs=back)
    survived = Content.objects.using(CATALOG).filter(content_id=into_id).exists()
    wanted = back if survived else refs
    conflicts = external_ids_claim(pairs=[Pair(content_id, ref) for ref in wanted])
    lost = {conflict.ref for conflict in conflicts} | (set(refs) - set(wanted))
    return [f"external id {ref} was taken away since" for ref in refs if ref in lost]


def _lead(*, into: UUID, to: UUID) -> list[str]:
    """Those that lead to one title lead to another one; which they were. A chain is never longer than one step."""
    merges = ContentMerge.objects.using(CATALOG).filter(into_id=into)
    followers = list(merges.values_list("content_id", flat=True))
    merges.update(into_id=to)
    return list(map(str, followers))


def _counted(undo: Undo) -> dict[str, int]:
    """By what is counted, called as it is with its number: "credit" of one, "credits" of two."""
    counts = [
        *((apps.get_model(label)._meta, len(rows)) for label, rows in undo["rows"].items()),
        *((TERMS[name]._meta, len(keys)) for name, keys in undo["links"].items()),
        (ExternalId._meta, len(undo["external_ids"])),
    ]
    told = {str(_name(meta, count)): count for meta, count in counts if count}
    others = {"avail": len(undo["avails"]), "field": len(undo["filled"])}
    return told | {name if count == 1 else f"{name}s": count for name, count in others.items() if count}


def _name(meta: Any, count: int) -> Any:
    return meta.verbose_name if count == 1 else meta.verbose_name_plural
