"""What lists order and filter by, each with an index that a page can start at."""

import django.contrib.postgres.indexes
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.db import migrations, models

from streaming.stores.citus.writing import MIXED


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0003_next_change"),
    ]

    operations = [
        migrations.RunSQL(MIXED, migrations.RunSQL.noop),
        migrations.RemoveIndex(
            model_name="searchdocument",
            name="search_by_popularity",
        ),
        migrations.RemoveIndex(
            model_name="searchdocument",
            name="search_by_year",
        ),
        migrations.RemoveIndex(
            model_name="searchdocument",
            name="search_by_rating",
        ),
        migrations.RemoveIndex(
            model_name="searchdocument",
            name="search_by_creation",
        ),
        migrations.AddIndex(
            model_name="keyword",
            index=models.Index(django.db.models.functions.text.Upper("name"), name="keywords_by_name"),
        ),
        migrations.AddIndex(
            model_name="searchdocument",
            index=django.contrib.postgres.indexes.GinIndex(fields=["keyword_ids"], name="search_keywords"),
        ),
        migrations.AddIndex(
            model_name="searchdocument",
            index=django.contrib.postgres.indexes.GinIndex(fields=["studio_ids"], name="search_studios"),
        ),
        migrations.AddIndex(
            model_name="searchdocument",
            index=django.contrib.postgres.indexes.GinIndex(fields=["countries"], name="search_countries"),
        ),
        migrations.AddIndex(
            model_name="searchdocument",
            index=models.Index(fields=["popularity", "content_id"], name="search_by_popularity"),
        ),
        migrations.AddIndex(
            model_name="searchdocument",
            index=models.Index(fields=["created_at", "content_id"], name="search_by_creation"),
        ),
        migrations.AddIndex(
            model_name="searchdocument",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce(
                    "year", models.Value(0), output_field=models.IntegerField()
                ),
                models.F("content_id"),
                name="search_by_year_falling",
            ),
        ),
        migrations.AddIndex(
            model_name="searchdocument",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce(
                    "year", models.Value(32767), output_field=models.IntegerField()
                ),
                models.F("content_id"),
                name="search_by_year_rising",
            ),
        ),
        migrations.AddIndex(
            model_name="searchdocument",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce(
                    "rating",
                    models.Value(-1),
                    output_field=models.DecimalField(decimal_places=1, max_digits=3),
                ),
                models.F("content_id"),
                name="search_by_rating_falling",
            ),
        ),
        migrations.AddIndex(
            model_name="searchdocument",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce(
                    "rating",
                    models.Value(11),
                    output_field=models.DecimalField(decimal_places=1, max_digits=3),
                ),
                models.F("content_id"),
                name="search_by_rating_rising",
            ),
        ),
        migrations.AddIndex(
            model_name="studio",
            index=models.Index(django.db.models.functions.text.Upper("name"), name="studios_by_name"),
        ),
        migrations.AddIndex(
            model_name="searchdocument",
            index=django.contrib.postgres.indexes.GinIndex(fields=["maturity"], name="search_maturity"),
        ),
        migrations.AddIndex(
            model_name="searchdocument",
            index=models.Index(fields=["runtime"], name="search_by_runtime"),
        ),
        migrations.AlterField(
            model_name="collection",
            name="rule",
            field=models.CharField(blank=True, db_default="", default="", max_length=2000),
        ),
    ]
