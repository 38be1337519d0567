"""People by the words of their names. The one index of these migrations that takes long on a table which is full
already, so it is built beside who writes; cut off, it leaves an invalid index, which docs/operations.md says to drop.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("catalog", "0006_feed_of_shown_titles"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="person",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.search.SearchVector("name", config="simple"), name="cast_crew_words"
            ),
        ),
    ]
