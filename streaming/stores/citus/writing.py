"""What lets one code write the catalog on plain PostgreSQL and on Citus, where its tables are distributed.

Entry points: `mixed_transaction`, for a transaction over reference tables (genres, people) and distributed ones;
`KeyedByContent`, the base of models whose rows lie with their title; `REFUSED_AT_COMMIT`, for who wants to try
again. Failure: `django.db.Error`, as for any statement.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import DatabaseError, IntegrityError, InternalError, connections, models, transaction

MIXED = "SET LOCAL citus.enable_local_execution = off; SET LOCAL citus.multi_shard_modify_mode = 'sequential'"

# What `atomic()` raises for a foreign key found broken at its end. With a single node in the transaction Citus
# does not hand on that node's SQLSTATE: "could not commit transaction for shard …", an internal error.
REFUSED_AT_COMMIT = (IntegrityError, InternalError)


@contextmanager
def mixed_transaction(alias: str) -> Iterator[None]:
    """A transaction that writes reference tables and distributed ones, in any order, as well as plain ones.

    On Citus such a transaction fails when a part of it ran in the coordinator's own session or on several
    connections at once. The two settings say how it runs there; plain PostgreSQL takes them for names it
    does not know. They hold until the outermost transaction ends, and come too late for what that one wrote
    or read before: enter it first.
    """
    with transaction.atomic(using=alias):
        with connections[alias].cursor() as cursor:
            cursor.execute(MIXED)
        yield


class KeyedByContent(models.Model):
    """A row whose key in the database is `(content_id, id)` while Django's `pk` is `id` alone.

    Saving it again finds it by both and never writes `content_id`: Citus refuses to move a row between shards,
    and without `content_id` it would ask every shard. A row moves to another title by being deleted and
    inserted; saved under another one, or after it was deleted, it raises `django.db.DatabaseError`, for
    Django's insert in place of the update would leave the same `id` there twice.
    """

    content_id: UUID

    class Meta:
        abstract = True

    def _do_update(  # type: ignore[override]  # the stubs are of Django 6, which adds `returning_fields`
        self,
        base_qs: models.QuerySet,
        using: str | None,
        pk_val: Any,
        values: Any,
        update_fields: Any,
        forced_update: bool,
    ) -> bool:
        """Django's step of `save` that updates; whether there was a row."""
        here = base_qs.filter(content_id=self.content_id)
        written = [value for value in values if value[0].attname != "content_id"]
        # Without `update_fields`: where nothing is left to write, Django then looks whether the row is there.
        found = super()._do_update(here, using, pk_val, written, None, forced_update)  # type: ignore[call-arg]
        if not found and not self._state.adding:
            raise DatabaseError(f"{self._meta.label} {pk_val} is not a row of title {self.content_id}.")
        return bool(found)
