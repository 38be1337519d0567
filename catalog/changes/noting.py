"""Writing the feed: one row a title, moved to the end by each change, in the transaction of the change.

A title that nobody can see is told as deleted once: while it stays hidden its row stays where it is, whatever is
written, and where it is deleted then, or comes back hidden, the row says so in its place. That loses nothing. `hidden`
is noted where a title is not public and time alone will never make it so. From then on nobody is told anything else of
it before a transaction makes it public or dates it, and that one moves the row (writers of one title follow each other:
`catalog.locking`). A title with a date to come is moved by each change: the date may come between the change and its
commit, and be told.

Entry points: `changes_note`; `changes_note_again` for what changes of titles without their own rows. Failure:
`django.db.Error`s.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db import connections

from catalog.models import Change
from streaming.stores.aliases import CATALOG

# In the order of the key, so that two writers cannot wait for each other. A title's first position is that of the first
# note that had been shown to anybody: for a follower of the feed it begins there.
NOTE = """
INSERT INTO content_changes AS known (content_id, position, first_position, kind, at, shown)
SELECT content_id, pg_current_xact_id()::text::bigint, pg_current_xact_id()::text::bigint, kind, %s, shown
  FROM unnest(%s::uuid[], %s::boolean[], %s::varchar[]) AS touched (content_id, shown, kind) ORDER BY content_id
    ON CONFLICT (content_id) DO UPDATE
   SET position = CASE WHEN 'saved' IN (known.kind, excluded.kind) OR excluded.shown
                       THEN excluded.position ELSE known.position END,
       kind = excluded.kind, at = excluded.at, shown = known.shown OR excluded.shown,
       first_position = CASE WHEN known.shown THEN known.first_position ELSE excluded.first_position END
 WHERE known.kind <> 'hidden' OR excluded.kind <> 'hidden' OR excluded.shown
"""

AGAIN = """
UPDATE content_changes SET position = pg_current_xact_id()::text::bigint
 WHERE content_id = ANY(%s::uuid[]) AND kind = 'saved'
"""


def changes_note(
    *, shown: Mapping[UUID, bool], kind: Change.Kind, at: datetime, hidden: Collection[UUID] = ()
) -> None:
    """Notes that these titles changed in the transaction under way. `shown` says which are public
    or have been since they were last noted, `hidden` are those that nobody can see before they are written again.

    `at` is the `updated_at` that the same transaction writes: by it a reader tells whether a shard shows the change.
    """
    if not shown:
        return
    with connections[CATALOG].cursor() as cursor:
        kinds = [Change.Kind.HIDDEN if key in hidden else kind for key in shown]
        cursor.execute(NOTE, [at, list(map(str, shown)), list(shown.values()), kinds])


def changes_note_again(*, content_ids: Collection[UUID]) -> None:
    """Moves these titles to the end of the feed as they stand in it, but for those that nobody can see; the caller
    holds them (`catalog.locking`).

    For a name that they share with others: it is renamed without a write to any of them, so `at` stays what their own
    rows say, and no shard is waited for.
    """
    if not content_ids:
        return
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(AGAIN, [sorted(map(str, content_ids))])
