"""When time alone next changes who may see a title: until now that is the date of those that are scheduled."""

from django.db import migrations, models

from streaming.stores.citus.writing import MIXED

SCHEDULED = """
UPDATE content_metadata SET next_change_at = published_at WHERE status = 'published' AND published_at > now()
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_records")]

    operations = [
        migrations.RunSQL(MIXED, migrations.RunSQL.noop),
        migrations.AddField(
            model_name="content",
            name="next_change_at",
            field=models.DateTimeField(
                editable=False,
                help_text="When time alone next changes who may see it; the worker looks out for it.",
                null=True,
            ),
        ),
        migrations.RunSQL(SCHEDULED, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="content",
            index=models.Index(
                condition=models.Q(("next_change_at__isnull", False)),
                fields=["next_change_at"],
                name="content_by_next_change",
            ),
        ),
    ]
