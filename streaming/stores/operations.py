"""Migration operations for what Django cannot say: a key with the distribution column, a table's place on Citus,
a primary-only column.

`KeyWithContent` gives a child table of the catalog the primary key `(content_id, <column>)` that Citus asks
for, while Django's own `pk` stays the single column; plain PostgreSQL gets the same key, so that distributing
a table later changes no schema. On a catalog that is distributed it places the table as well, before the
migration's end, where Django adds foreign keys; `ReferenceTable` does so for a table that is whole on every
node. `AddFieldOnPrimary` adds a field everywhere but on the replica.
"""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Model

from streaming.stores.aliases import REPLICA
from streaming.stores.citus.new_tables import place_as_reference, place_by, place_with_content


class _OnNewTable(Operation):
    """Something done to a model's new table that Django's state knows nothing of; it goes with the table."""

    reduces_to_sql = True
    model_name: str

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing: Django's `pk` stays one column, and a place is no property of a model."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            self.change(schema_editor, model)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """The table goes with its `CreateModel`."""

    def change(self, schema_editor: BaseDatabaseSchemaEditor, model: type[Model]) -> None:
        raise NotImplementedError


class KeyWithContent(_OnNewTable):
    """Replace a table's primary key by `(content_id, column)`.

    A column that is Django's `pk` but no longer the whole key gets an index of its own, because the ORM
    updates by `pk` alone. With `drop_unique`, a unique constraint on the same two columns is dropped: the
    key now says it; with `plain_id`, the automatic `id` becomes a column with a sequence for its default,
    because Citus distributes no table with an identity column.
    """

    reversible = False  # the narrow key, and a unique constraint it replaced, are not put back

    def __init__(
        self,
        model_name: str,
        table: str,
        column: str,
        *,
        index_column: bool = True,
        drop_unique: bool = False,
        plain_id: bool = False,
    ) -> None:
        self.model_name = model_name
        self.table = table
        self.column = column
        self.index_column = index_column
        self.drop_unique = drop_unique
        self.plain_id = plain_id

    def change(self, schema_editor: BaseDatabaseSchemaEditor, model: type[Model]) -> None:
        """Of the table named, which may be that of a many-to-many field of the model."""
        schema_editor.deferred_sql = [
            statement
            for statement in schema_editor.deferred_sql
            if not (self.drop_unique and "UNIQUE" in str(statement) and f'"{self.table}"' in str(statement))
        ]
        schema_editor.execute(f'ALTER TABLE "{self.table}" DROP CONSTRAINT "{self.table}_pkey"')
        schema_editor.execute(
            f'ALTER TABLE "{self.table}" ADD CONSTRAINT "{self.table}_pkey" PRIMARY KEY ("content_id", "{self.column}")'
        )
        if self.plain_id:
            _make_id_plain(schema_editor, self.table)
        if self.index_column:
            schema_editor.execute(
                f'CREATE INDEX "{self.table}_{self.column}_idx" ON "{self.table}" ("{self.column}")'
            )
        place_with_content(schema_editor, self.table)

    def describe(self) -> str:
        return f"Key {self.table} by (content_id, {self.column})"


def _make_id_plain(schema_editor: BaseDatabaseSchemaEditor, table: str) -> None:
    sequence = f"{table}_id_plain_seq"
    schema_editor.execute(f'ALTER TABLE "{table}" ALTER COLUMN "id" DROP IDENTITY')
    schema_editor.execute(f'CREATE SEQUENCE "{sequence}" OWNED BY "{table}"."id"')
    schema_editor.execute(f"""ALTER TABLE "{table}" ALTER COLUMN "id" SET DEFAULT nextval('"{sequence}"')""")


class ReferenceTable(_OnNewTable):
    """Have a new table whole on every node of Citus, as genres are. Stands right after its `CreateModel`."""

    reversible = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def change(self, schema_editor: BaseDatabaseSchemaEditor, model: type[Model]) -> None:
        place_as_reference(schema_editor, model._meta.db_table)

    def describe(self) -> str:
        return f"Have {self.model_name} whole on every node"


class WithContent(_OnNewTable):
    """Have a new table whose key is `content_id` itself lie with the titles. Stands right after its `CreateModel`."""

    reversible = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def change(self, schema_editor: BaseDatabaseSchemaEditor, model: type[Model]) -> None:
        place_with_content(schema_editor, model._meta.db_table)

    def describe(self) -> str:
        return f"Have {self.model_name} lie with the titles"


class SpreadBy(_OnNewTable):
    """Key a new table by its unique columns, and have it cut by one of them: for what is unique over all titles.

    Django's `pk` stays its single column, with an index of its own; the database's key is `columns`.
    """

    reversible = False

    def __init__(self, model_name: str, column: str, columns: tuple[str, ...]) -> None:
        self.model_name = model_name
        self.column = column
        self.columns = columns

    def change(self, schema_editor: BaseDatabaseSchemaEditor, model: type[Model]) -> None:
        table, key = model._meta.db_table, model._meta.pk
        named = ", ".join(f'"{column}"' for column in self.columns)
        schema_editor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{table}_pkey"')
        schema_editor.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_pkey" PRIMARY KEY ({named})')
        schema_editor.execute(f'CREATE INDEX "{table}_{key.column}_idx" ON "{table}" ("{key.column}")')
        place_by(schema_editor, table, self.column)

    def describe(self) -> str:
        return f"Key {self.model_name} by ({', '.join(self.columns)})"


class AddFieldOnPrimary(migrations.AddField):
    """`AddField` that leaves the replica alone: for fields whose tables are not replicated."""

    def allow_migrate_model(self, connection_alias: Any, model: Any) -> bool:
        return connection_alias != REPLICA and super().allow_migrate_model(connection_alias, model)
