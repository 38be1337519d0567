"""The catalog's chainable vocabulary. Who may see a title is `catalog.visibility`'s to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db import models

from catalog.visibility import Audience, admits

if TYPE_CHECKING:
    from catalog.models import Content, SearchDocument  # noqa: F401  # only the annotations need them


class GateQuerySet(models.QuerySet[Any]):
    """Of a model that has the columns of `catalog.models.gate.Gate`."""

    def public(self, audience: Audience | None = None) -> Self:
        """What this audience may see; by default anybody, anywhere, now."""
        return self.filter(admits(audience or Audience.now()))


class ContentQuerySet(GateQuerySet, models.QuerySet["Content"]):
    def after_id(self, content_id: UUID | None) -> Self:
        """In id order, past `content_id`; `None` starts at the beginning."""
        ordered = self.order_by("content_id")
        return ordered if content_id is None else ordered.filter(content_id__gt=content_id)


class SearchDocumentQuerySet(GateQuerySet, models.QuerySet["SearchDocument"]):
    """Documents are read by `catalog.search` and `catalog.listing`."""

    def one_in(self, share: int) -> Self:
        """A sample: one document of so many, always the same, because ids are random."""
        return self.filter(content_id__lte=UUID(int=2**128 // share - 1))
