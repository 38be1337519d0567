"""The feed of changes: written with every change of a title, read without a gap under concurrent writers.

Order. A row's `position` is the id of its transaction. A reader takes rows only below the oldest transaction that is
still under way (`pg_snapshot_xmin`): whatever commits later has a higher id than all it has seen, so a reader that
follows its cursor misses nothing, and nobody waits for anybody. On Citus the table lies on the coordinator, where every
writer's transaction is; a title's own shard may show the same commit a moment later, and a row is held back until
it does.

`noting` writes the feed, `reading` reads it, `keeping` is for operators: what holds it up, titles that it lacks, and
positions from before a restore. docs/changes.md is for those who follow it, docs/adr/0015 says why it is so.

Entry points: `changes_note` and `changes_note_again`, here; those of the modules. Failure: `django.db.Error`s.
"""

from catalog.changes.noting import changes_note, changes_note_again

__all__ = ["changes_note", "changes_note_again"]
