from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0009_what_imports_kept_out"),
    ]

    operations = [
        migrations.AddField(
            model_name="searchdocument",
            name="shown",
            field=models.JSONField(
                null=True,
                help_text="What a suggestion shows of the title. NULL, in documents of before: nothing, until a rebuild.",
            ),
        ),
    ]
