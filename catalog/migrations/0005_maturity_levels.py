"""The values of the rating systems and their minimum ages, as the first edition of `maturity_levels.csv` has them."""

import csv
from pathlib import Path

from django.db import migrations

from streaming.stores.citus.writing import MIXED

LEVELS = Path(__file__).resolve().parents[1] / "maturity_levels.csv"
EDITION = "1"


def add_levels(apps, schema_editor):
    """What an operator entered before stays as it is."""
    model = apps.get_model("catalog", "MaturityLevel")
    with LEVELS.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["edition"] == EDITION]
    levels = [
        model(
            system=row["system"],
            value=row["value"],
            minimum_age=int(row["minimum_age"]),
            edition=int(row["edition"]),
        )
        for row in rows
    ]
    model.objects.using(schema_editor.connection.alias).bulk_create(levels, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_listing_indexes")]

    operations = [
        migrations.RunSQL(MIXED, migrations.RunSQL.noop),
        migrations.RunPython(add_levels, migrations.RunPython.noop, elidable=False),
    ]
