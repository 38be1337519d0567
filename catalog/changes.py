"""The feed of changes: written with every change of a title, read without a gap under concurrent writers.

Order. A row's `position` is the id of its transaction. A reader takes rows only below the oldest transaction that is
still under way (`pg_snapshot_xmin`): whatever commits later has a higher id than all it has seen, so a reader that
follows its cursor misses nothing, and nobody waits for anybody. On Citus the table lies on the coordinator, where every
writer's transaction is; a title's own shard may show the same commit a moment later, and a row is held back until
it does.

Entry points: `changes_note`. Failure: `django.db.Error`s.
"""

from datetime import datetime
from uuid import UUID

from django.db import connections

from catalog.models import Change
from streaming.stores.aliases import CATALOG

# In the order of the key, so that two writers cannot wait for each other.
NOTE = """
INSERT INTO content_changes (content_id, position, first_position, kind, into_id, at, shown)
SELECT content_id, pg_current_xact_id()::text::bigint, pg_current_xact_id()::text::bigint, %s, %s::uuid, %s, shown
  FROM unnest(%s::uuid[], %s::boolean[]) AS touched (content_id, shown) ORDER BY content_id
    ON CONFLICT (content_id) DO UPDATE
   SET position = excluded.position, kind = excluded.kind, into_id = excluded.into_id, at = excluded.at,
       shown = content_changes.shown OR excluded.shown
"""


def changes_note(
    *, shown: dict[UUID, bool], kind: Change.Kind, at: datetime, into_id: UUID | None = None
) -> None:
    """Notes that these titles changed in the transaction under way. `shown` says which are public now.

    `at` is the `updated_at` that the same transaction writes: by it a reader tells whether a shard shows the change.
    """
    if not shown:
        return
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(NOTE, [kind, into_id, at, list(map(str, shown)), list(shown.values())])
