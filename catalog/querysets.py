"""The catalog's chainable vocabulary. `public()` is the one place that says who may see a title."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from catalog.models import Content  # noqa: F401  # only the annotations need it


class ContentQuerySet(models.QuerySet["Content"]):
    def public(self, *, at: datetime | None = None) -> ContentQuerySet:
        """Titles the public may see at `at` (default now): published, and no later than then.

        A title without `published_at` is never public; the table's check keeps published ones from it.
        """
        return self.filter(status="published", published_at__lte=at or timezone.now())

    def after_id(self, content_id: UUID | None) -> ContentQuerySet:
        """In id order, past `content_id`; `None` starts at the beginning."""
        ordered = self.order_by("content_id")
        return ordered if content_id is None else ordered.filter(content_id__gt=content_id)
