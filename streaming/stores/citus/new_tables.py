"""Places a table that a migration has just made, when the catalog is distributed already.

It must lie where it belongs before the migration's end, where Django adds the foreign keys: Citus refuses one
from a table on the coordinator to a distributed one. On plain PostgreSQL, and on Citus before
`manage.py distribute`, nothing happens.

Entry points: `place_with_content`, `place_by`, `place_as_reference`. Failure: `django.db.Error`s.
"""

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from streaming.stores.citus.placement import KEY, root_table
from streaming.stores.citus.writing import MIXED

ROOT_IS_DISTRIBUTED = (
    "SELECT count(*) FROM pg_dist_partition WHERE logicalrelid = to_regclass(%s) AND partmethod = 'h'"
)

SHARDS_OF_ROOT = """
SELECT c.shardcount FROM pg_dist_partition p JOIN pg_dist_colocation c USING (colocationid)
 WHERE p.logicalrelid = to_regclass(%s)
"""


def place_with_content(schema_editor: BaseDatabaseSchemaEditor, table: str) -> None:
    """The table is distributed by `content_id`, its rows with their title's."""
    if _root_is_distributed(schema_editor):
        _place(
            schema_editor, f"create_distributed_table('{table}', '{KEY}', colocate_with => '{root_table()}')"
        )


def place_by(schema_editor: BaseDatabaseSchemaEditor, table: str, column: str) -> None:
    """The table is cut by a column of its own, into as many shards as the titles, and lies with no other."""
    if _root_is_distributed(schema_editor):
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(SHARDS_OF_ROOT, [root_table()])
            (shards,) = cursor.fetchone()
        call = f"create_distributed_table('{table}', '{column}', colocate_with => 'none', shard_count => {shards})"
        _place(schema_editor, call)


def place_as_reference(schema_editor: BaseDatabaseSchemaEditor, table: str) -> None:
    """The table is whole on every node."""
    if _root_is_distributed(schema_editor):
        _place(schema_editor, f"create_reference_table('{table}')")


def _root_is_distributed(schema_editor: BaseDatabaseSchemaEditor) -> bool:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return False
        cursor.execute(ROOT_IS_DISTRIBUTED, [root_table()])
        return bool(cursor.fetchone()[0])


def _place(schema_editor: BaseDatabaseSchemaEditor, call: str) -> None:
    # The foreign keys follow in this transaction; Citus adds none after it worked on several connections at once.
    schema_editor.execute(MIXED)
    schema_editor.execute(f"SELECT {call}")
