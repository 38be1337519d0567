from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

FILL = """
INSERT INTO content_changes (content_id, position, first_position, kind, at, shown)
SELECT content_id, %s, %s, 'saved', updated_at,
       status <> 'draft' AND coalesce(published_at <= now(), false) AND (
           availability IS NULL OR jsonb_path_exists(availability, 'strict $[*] ? (@[1] <= $at)', %s))
  FROM content_metadata
    ON CONFLICT (content_id) DO NOTHING
"""


def note_titles_that_were_there(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """A reader that begins at the beginning is told every title, those from before the feed too."""
    if schema_editor.connection.alias != "catalog":
        return
    with schema_editor.connection.cursor() as cursor:
        # Apart from the titles: in one statement with them, Citus would ask the workers for their positions.
        cursor.execute(
            "SELECT pg_current_xact_id()::text::bigint,"
            " jsonb_build_object('at', floor(extract(epoch FROM now()) * 1000000))::text"
        )
        position, moment = cursor.fetchone()
        cursor.execute(FILL, [position, position, moment])


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_maturity_levels"),
    ]

    operations = [
        migrations.RunPython(note_titles_that_were_there, migrations.RunPython.noop),
        migrations.RemoveIndex(
            model_name="change",
            name="content_changes_in_order",
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(
                condition=models.Q(("shown", True)),
                fields=["position", "content_id"],
                name="content_changes_shown",
            ),
        ),
    ]
