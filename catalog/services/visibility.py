"""What time alone changes: a date of publication comes, a window opens or ends, and nobody writes anything.

Queries and cached records are right by themselves, for they are judged at each request. What is to be written is the
feed of changes, for those who follow it, and when the title changes next. Entry point: `visibility_tick`. Failure:
`django.db.Error`s; each batch is a transaction of its own, so that what was noted before stays.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import connections, transaction
from django.utils import timezone

from catalog.locking import again_after_deadlock, contents_lock
from catalog.models import Content
from catalog.services.touching import contents_touch
from streaming.stores.aliases import CATALOG

AT_ONCE = 500

# Of two workers one gets a title: the other waits for its commit, and finds that the moment is no longer due. It stays
# what it is for `contents_touch`, to which it says that somebody could see the title.
CLAIM = """
UPDATE content_metadata SET next_change_at = next_change_at
 WHERE content_id = ANY(%s::uuid[]) AND next_change_at <= %s RETURNING content_id
"""


def visibility_tick() -> int:
    """Notes the titles that time alone has shown or hidden since it was last called; how many.

    Killed at any point and called again, or called by two at a time, it notes each of them.
    """
    now = timezone.now()
    noted = 0
    while due := _due(now):
        noted += again_after_deadlock(partial(_note, due, now))
    return noted


def _due(now: datetime) -> list[UUID]:
    """The longest due first."""
    rows = Content.objects.using(CATALOG).filter(next_change_at__lte=now)
    return list(rows.order_by("next_change_at", "content_id").values_list("content_id", flat=True)[:AT_ONCE])


def _note(due: Sequence[UUID], now: datetime) -> int:
    with transaction.atomic(using=CATALOG):
        contents_lock(due)
        claimed = _claim(due, now)
        contents_touch(claimed)
    return len(claimed)


def _claim(ids: Sequence[UUID], now: datetime) -> set[UUID]:
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(CLAIM, [list(map(str, ids)), now])
        return {content_id for (content_id,) in cursor.fetchall()}
