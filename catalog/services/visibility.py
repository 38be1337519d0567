"""What time alone changes: a date of publication comes, a window opens or ends, and nobody writes anything.

Queries and cached records are right by themselves, for they are judged at each request. What is to be written is the
feed of changes, for those who follow it, and when the title changes next. Entry point: `visibility_tick`. Failure:
`django.db.Error`s; each batch is a transaction of its own, so that what was noted before stays.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from catalog.locking import again_after_deadlock, contents_lock
from catalog.models import Content
from catalog.services.touching import contents_touch
from streaming.stores.aliases import CATALOG

AT_ONCE = 500


def visibility_tick() -> int:
    """Notes the titles that time alone has shown or hidden since it was last called; how many.

    Killed at any point and called again, or called by two at a time, it notes each of them.
    """
    now = timezone.now()
    noted = 0
    while due := _longest_due(now):
        noted += again_after_deadlock(partial(_note, due, now))
    return noted


def _longest_due(now: datetime) -> list[UUID]:
    rows = _due(now).order_by("next_change_at", "content_id")
    return list(rows.values_list("content_id", flat=True)[:AT_ONCE])


def _note(ids: Sequence[UUID], now: datetime) -> int:
    """Of two workers that have found a title, the second finds it done once it holds it: its next change is another."""
    with transaction.atomic(using=CATALOG):
        contents_lock(ids)
        # Their `next_change_at` has passed, which tells `contents_touch` that somebody could see them.
        noted = set(_due(now).filter(content_id__in=ids).values_list("content_id", flat=True))
        contents_touch(noted)
    return len(noted)


def _due(now: datetime) -> QuerySet[Content]:
    return Content.objects.using(CATALOG).filter(next_change_at__lte=now).order_by()
