"""What follows from every change of a title, in one place and in the transaction of the change.

The title's `updated_at` moves, `availability`, `maturity` and `next_change_at` become what its windows and ratings
say, its search document is written anew, the feed of changes notes it, and after the commit its cached record is
forgotten.

Entry points: `contents_touch`, `contents_forget`. Failure: `django.db.Error`s.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import connections, transaction
from django.utils import timezone

from catalog.changes import changes_note
from catalog.gating import RatingRow, WindowRow, gate_from
from catalog.listing import COUNTS_KEY
from catalog.maturity import labels_changed
from catalog.models import AvailabilityWindow, Change, Content, MaturityRating
from catalog.search.documents import documents_mark, documents_write
from catalog.selectors import record_key
from catalog.visibility import GATE_FIELDS, Audience, is_public, next_change, shown_by
from streaming.stores.aliases import CATALOG
from streaming.stores.cache import forget, forget_all

MOST_KEYS_FORGOTTEN = 1000  # beyond, one new epoch is cheaper than naming the titles


def contents_touch(
    content_ids: Iterable[UUID],
    *,
    documents_later: bool = False,
) -> datetime:
    """To be called in the transaction that changed these titles, after their rows are written. Their `updated_at`.

    With `documents_later` the worker writes their search documents, for which one statement marks them.

    The caller holds the titles since before it wrote (`catalog.locking`), so that no document or gate is made from half
    of two changes.
    """
    now, ids = timezone.now(), sorted(set(content_ids))
    if not ids:
        return now
    with transaction.atomic(using=CATALOG):
        titles = Content.objects.using(CATALOG)
        titles.filter(content_id__in=ids).order_by().update(updated_at=now)
        gates = _gates_as_rows_say(ids, now)
        if documents_later:
            documents_mark(content_ids=ids)
        else:
            documents_write(content_ids=ids)
        changes_note(shown=gates.shown, kind=Change.Kind.SAVED, at=now, hidden=gates.hidden)
        contents_forget(content_ids=ids)
    return now


# What is null in JSON is null in the row, where Django would write a `null` of JSON.
WRITE_GATES = """
UPDATE content_metadata AS title
   SET availability = said.availability, maturity = said.maturity, next_change_at = said.next_change_at
  FROM jsonb_to_recordset(%s::jsonb)
       AS said (content_id uuid, availability jsonb, maturity varchar[], next_change_at timestamptz)
 WHERE title.content_id = said.content_id
"""


class _Gates(NamedTuple):
    """`shown` says which titles are public or were since they were last touched: before that it was noted. `hidden` are
    those that are not, and that time alone will not show.
    """

    shown: dict[UUID, bool]
    hidden: set[UUID]


def _gates_as_rows_say(ids: Collection[UUID], now: datetime) -> _Gates:
    """Brings the gates of these titles up to their windows and ratings, and to the time."""
    titles = Content.objects.using(CATALOG).filter(content_id__in=ids).order_by()
    columns = ("content_id", *GATE_FIELDS, "next_change_at")
    gates: dict[UUID, dict[str, Any]] = {gate["content_id"]: gate for gate in titles.values(*columns)}
    windows, ratings = _windows(ids), _ratings(ids)
    changed, found, rated_anew = [], _Gates({}, set()), False
    for content_id, gate in gates.items():
        said: dict[str, Any] = {**gate_from(windows=windows[content_id], ratings=ratings[content_id])}
        found.shown[content_id] = shown_by({**gate, **said}, at=now)
        said["next_change_at"] = next_change({**gate, **said}, after=now)
        if said["next_change_at"] is None and not is_public({**gate, **said}, Audience(now)):
            found.hidden.add(content_id)
        if gate["maturity"] != said["maturity"]:
            rated_anew = True
        if any(gate[name] != value for name, value in said.items()):
            changed.append({"content_id": content_id, **said})
    if rated_anew:
        labels_changed()
    if changed:
        with connections[CATALOG].cursor() as cursor:
            cursor.execute(WRITE_GATES, [orjson.dumps(changed).decode()])
    return found


def _windows(ids: Collection[UUID]) -> Mapping[UUID, list[WindowRow]]:
    found: defaultdict[UUID, list[WindowRow]] = defaultdict(list)
    rows = AvailabilityWindow.objects.using(CATALOG).filter(content_id__in=ids).order_by()
    for content_id, territory, starts_at, ends_at in rows.values_list(
        "content_id", "territory", "starts_at", "ends_at"
    ):
        found[content_id].append((territory, starts_at, ends_at))
    return found


def _ratings(ids: Collection[UUID]) -> Mapping[UUID, list[RatingRow]]:
    found: defaultdict[UUID, list[RatingRow]] = defaultdict(list)
    rows = MaturityRating.objects.using(CATALOG).filter(content_id__in=ids).order_by()
    for content_id, system, value in rows.values_list("content_id", "system", "value"):
        found[content_id].append((system, value))
    return found


def contents_forget(*, content_ids: Collection[UUID]) -> None:
    """Drops the cached records of titles, and the counts over all, once the transaction under way commits, or at once
    without one.
    """
    if len(content_ids) > MOST_KEYS_FORGOTTEN:
        transaction.on_commit(forget_all, using=CATALOG)
    else:
        keys = [COUNTS_KEY, *map(record_key, content_ids)]
        transaction.on_commit(partial(forget, keys), using=CATALOG)
