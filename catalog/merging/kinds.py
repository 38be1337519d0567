"""Titles of different types: which merges would lose what a title is, and which are to be confirmed.

A title with seasons or episodes becomes part of a series, or of a title that has such itself. What is a movie here may
be a series there by mistake; so titles that are merely unlike are merged, once somebody has said that they are one.

Entry points: `kinds_check` for the merge, `kinds_compared` for who asks before. Failure: `CannotMerge`, `Unconfirmed`.
"""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Value

from catalog.merging.refusing import CannotMerge, Unconfirmed
from catalog.models import Content, Episode, Season
from streaming.stores.aliases import CATALOG
from streaming.stores.units import counted


class Kinds(NamedTuple):
    """`refused` says by its id of a title that the other one cannot become part of it, and why; `unlike` how the two
    differ, without a full stop. Empty where nothing is in the way.
    """

    refused: Mapping[UUID, str]
    unlike: str


def kinds_check(*, loser: Content, survivor: Content, confirmed: bool) -> None:
    """For who holds both titles. Raises `CannotMerge`; `Unconfirmed`, which is one, where `confirmed` would do."""
    found = kinds_compared(loser, survivor)
    if refused := found.refused.get(survivor.content_id):
        raise CannotMerge(refused)
    if found.unlike and not confirmed:
        raise Unconfirmed(f"{found.unlike}: that they are one is to be confirmed.")


def kinds_compared(one: Content, other: Content) -> Kinds:
    """One query, whichever of them is to stay."""
    has = _parts(one, other)
    refused = {
        survivor.content_id: (
            f"“{loser.title}” has {has[loser.content_id]}, for which {_a(survivor)} has no place: "
            "merge the other one into it, or make that a series first."
        )
        for loser, survivor in ((one, other), (other, one))
        if has[loser.content_id]
        and not has[survivor.content_id]
        and survivor.content_type != Content.Kind.SERIES
    }
    unlike = f"“{one.title}” is {_a(one)}, “{other.title}” is {_a(other)}"
    return Kinds(refused, "" if one.content_type == other.content_type else unlike)


def _a(title: Content) -> str:
    return f"a {title.get_content_type_display().lower()}"


def _parts(*titles: Content) -> dict[UUID, str]:
    """What each has of a series, in words; empty where it has nothing."""
    ids = [title.content_id for title in titles]
    seasons, episodes = (
        model._default_manager.using(CATALOG)
        .filter(content_id__in=ids)
        .order_by()
        .values("content_id")
        .annotate(part=Value(model._meta.model_name), number=Count("*"))
        .values_list("content_id", "part", "number")
        for model in (Season, Episode)
    )
    words: dict[UUID, list[str]] = {key: [] for key in ids}
    for content_id, part, number in sorted(
        seasons.union(episodes, all=True), key=lambda row: row[1] != "season"
    ):
        words[content_id].append(counted(number, part))
    return {key: " and ".join(parts) for key, parts in words.items()}
