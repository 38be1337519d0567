from django.db import migrations, models

# The worker writes what documents of before lack.
STALE = "UPDATE search_documents SET is_stale = true"


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0009_what_imports_kept_out"),
    ]

    operations = [
        migrations.AddField(
            model_name="searchdocument",
            name="shown",
            field=models.JSONField(
                db_default={}, default=dict, help_text="What a suggestion shows of the title."
            ),
        ),
        migrations.RunSQL(STALE, migrations.RunSQL.noop),
    ]
