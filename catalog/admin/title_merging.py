"""Merging of titles on their pages."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from catalog.admin.merging import MergingAdmin
from catalog.merging import content_unmerge, contents_merge
from catalog.models import Content, Credit, ExternalId
from catalog.selectors.merged import survivors_by_id


class TitleMergingAdmin(MergingAdmin):
    def merge_rows(self, *, loser: UUID, survivor: UUID) -> str:
        counted = contents_merge(loser_id=loser, survivor_id=survivor)
        return f"Taken over: {_told(counted)}." if counted else "It lacked nothing."

    def undo_merge(self, key: UUID) -> Sequence[str]:
        return content_unmerge(content_id=key)

    def is_merged(self, row: Content) -> bool:
        return row.status == Content.Status.MERGED

    def merged_into(self, row: Content) -> UUID | None:
        return survivors_by_id([row.content_id]).get(row.content_id)

    def unmerged(self, rows: QuerySet[Content]) -> QuerySet[Content]:
        return rows.exclude(status=Content.Status.MERGED)

    def facts_of(self, rows: Sequence[Content]) -> Sequence[tuple[str, Sequence[Any]]]:
        ids = [row.content_id for row in rows]
        credited = Credit.objects.filter(content_id__in=ids).order_by().values_list("content_id")
        credits = dict(credited.annotate(number=Count("*")))
        named = ExternalId.objects.filter(content_id__in=ids)
        known = {key: [f"{row}" for row in named if row.content_id == key] for key in ids}
        return [
            ("Original title", [row.original_title for row in rows]),
            ("Type", [row.get_content_type_display() for row in rows]),
            ("Release date", [row.release_date for row in rows]),
            ("Status", [row.get_status_display() for row in rows]),
            ("Rating", [row.rating for row in rows]),
            ("Credits", [str(credits.get(key, 0)) for key in ids]),
            ("Elsewhere", [", ".join(known[key]) for key in ids]),
            ("Added", [f"{row.created_at:%Y-%m-%d}" for row in rows]),
            ("Id", ids),
        ]


def _told(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in counted.items())
