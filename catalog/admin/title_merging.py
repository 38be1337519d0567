"""Merging of titles on their pages."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from django.db.models import QuerySet

from catalog.admin.comparing import Facts, titles_compared
from catalog.admin.merging import InTheWay, MergingAdmin
from catalog.merging import content_unmerge, contents_merge
from catalog.merging.kinds import kinds_compared
from catalog.models import Content
from catalog.selectors.merged import survivors_by_id

OF_TWO_TYPES = (
    "What a title is shapes what clients show of it: "
    "one that is merged by mistake is missing until that is undone."
)


class TitleMergingAdmin(MergingAdmin):
    """`kept_elsewhere` is what other stores have of titles, told by whoever knows those (`streaming.urls`)."""

    follows = (
        "The one that stays keeps all that it has: of two values its own counts.",
        "What it lacks is copied to it: empty fields, credits, seasons and episodes, texts, artwork and videos, "
        "ratings, genres, keywords, studios, collections. The other one's title becomes an alternative title.",
        "Windows are copied where they overlap none of its own, and the others are named. Without any window of its "
        "own it is open everywhere and gets none, until an import of avails closes it.",
        "External ids move to it, so that lookups and imports find it.",
        "The other one is not public any more, and its address leads to the one that stays.",
        "The other one's reviews, views and plays stay with it: they are not added, and its reviews are not shown "
        "until the merge is undone.",
    )
    kept_elsewhere: Callable[[Sequence[UUID]], Facts] = staticmethod(lambda content_ids: ())

    def in_the_way(self, rows: Sequence[Content]) -> InTheWay:
        one, other = rows
        found = kinds_compared(one, other)
        return InTheWay(found.refused, f"{found.unlike}. {OF_TWO_TYPES}" if found.unlike else "")

    def merge_rows(self, *, loser: UUID, survivor: UUID) -> str:
        return self._merge(loser, survivor, confirmed=False)

    def merge_confirmed(self, *, loser: UUID, survivor: UUID) -> str:
        return self._merge(loser, survivor, confirmed=True)

    def _merge(self, loser: UUID, survivor: UUID, *, confirmed: bool) -> str:
        taken, left = contents_merge(loser_id=loser, survivor_id=survivor, confirmed=confirmed)
        told = f"Taken over: {_told(taken)}." if taken else "It lacked nothing."
        return f"{told} Left with the other one: {'; '.join(left)}." if left else told

    def undo_merge(self, key: UUID) -> Sequence[str]:
        return content_unmerge(content_id=key)

    def is_merged(self, row: Content) -> bool:
        return row.status == Content.Status.MERGED

    def merged_into(self, row: Content) -> UUID | None:
        return survivors_by_id([row.content_id]).get(row.content_id)

    def unmerged(self, rows: QuerySet[Content]) -> QuerySet[Content]:
        return rows.exclude(status=Content.Status.MERGED)

    def facts_of(self, rows: Sequence[Content]) -> Facts:
        *facts, identity = titles_compared(rows)
        return [*facts, *self.kept_elsewhere([row.content_id for row in rows]), identity]


def _told(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in counted.items())
