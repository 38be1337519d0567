"""Whether an audience may see a title, and why: for editors, and so of titles that are not public, too.

Entry point: `content_visibility`. Failure: `django.db.Error`s.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from catalog.maturity import ages_by_label, labels_within
from catalog.models import AvailabilityWindow, Content, ContentMerge, MaturityRating
from catalog.visibility import GATE_FIELDS, Audience, is_public, next_answer
from catalog.visibility_explained import Facts, explained
from streaming.stores.aliases import CATALOG


def content_visibility(
    *, content_id: UUID, territory: str | None, at: datetime | None, limit: int | None
) -> dict[str, Any] | None:
    """The answer and every check behind it; None when there is no such title.

    Of somebody anywhere where no territory is named, now where no moment is, of any age where no `limit` in years
    is. `next_change` is when time alone gives this audience another answer. Four queries, and one more for the levels
    of maturity where those are not cached.
    """
    title = Content.objects.using(CATALOG).filter(content_id=content_id)
    row = title.values("title", *GATE_FIELDS).first()
    if row is None:
        return None
    audience = Audience(at or timezone.now(), territory, labels_within(limit))
    gate = {name: row[name] for name in GATE_FIELDS}
    merges = ContentMerge.objects.using(CATALOG).filter(content=content_id)
    facts = Facts(
        content_id=content_id,
        gate=gate,
        windows=list(AvailabilityWindow.objects.using(CATALOG).filter(content=content_id)),
        ratings=list(MaturityRating.objects.using(CATALOG).filter(content=content_id)),
        ages=ages_by_label(),
        merged_into=merges.values_list("into_id", flat=True).first(),
        audience=audience,
        limit=limit,
    )
    return {
        "content_id": content_id,
        "title": row["title"],
        "territory": territory,
        "at": at,
        "maturity_lte": limit,
        "visible": is_public(gate, audience),
        "checks": explained(facts),
        "next_change": next_answer(gate, audience),
    }
