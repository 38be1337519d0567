"""The feed asks the merges who survived, so its rows do not say it again. No part of a table is rewritten."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0007_people_by_word"),
    ]

    operations = [
        migrations.RemoveField(model_name="change", name="into_id"),
        migrations.AlterField(
            model_name="change",
            name="kind",
            field=models.CharField(choices=[("saved", "Saved"), ("deleted", "Deleted")], max_length=20),
        ),
    ]
