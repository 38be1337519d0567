"""Titles by their ids elsewhere. Only public ones come out; a merged title's ids lead to the title it is part of now.

Entry point: `titles_by_external_ids`. Failure: `django.db.Error`s.
"""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from catalog.languages import Chain, translated
from catalog.models import Content, ExternalIdClaim
from catalog.registries import Ref
from catalog.selectors.merged import survivors_by_id

FIELDS = ("content_id", "title", "content_type", "release_date", "original_language")


def titles_by_external_ids(refs: Collection[Ref], chain: Chain = ()) -> dict[Ref, dict[str, Any]]:
    """Content id, title, type, year and address of the public titles that have these canonical ids: three queries.

    With a chain of languages (`catalog.languages`) it is one more; `languages` says what language the title is of.
    """
    owners = _owners(refs)
    merged = survivors_by_id(owners.values())
    leads_to = {ref: merged.get(owner, owner) for ref, owner in owners.items()}
    titles = _titles(leads_to.values(), chain)
    return {ref: titles[content_id] for ref, content_id in leads_to.items() if content_id in titles}


def _owners(refs: Collection[Ref]) -> dict[Ref, UUID]:
    # By value as well: on Citus it says on which shards they lie, one for an id.
    claims = ExternalIdClaim.objects.filter(
        value__in=[ref.value for ref in refs], scheme__in={ref.scheme for ref in refs}
    )
    found = {
        Ref(scheme, value): owner
        for scheme, value, owner in claims.values_list("scheme", "value", "content_id")
    }
    return {ref: found[ref] for ref in refs if ref in found}


def _titles(content_ids: Collection[UUID], chain: Chain) -> Mapping[UUID, dict[str, Any]]:
    rows = Content.objects.public().filter(content_id__in=set(content_ids)).order_by().values(*FIELDS)
    return {row["content_id"]: _told(row) for row in translated(list(rows), chain)}


def _told(row: dict[str, Any]) -> dict[str, Any]:
    released = row.pop("release_date")
    return {
        **row,
        "year": released.year if released else None,
        "address": f"/api/v1/content/{row['content_id']}",
    }
