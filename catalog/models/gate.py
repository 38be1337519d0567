"""What decides who may see a title, as columns: a title's own, and a copy of them in its search document.

`catalog.visibility` is the rule over these columns: who asks whether somebody may see a title asks there. Others read
them to write, copy or show them: services, imports, documents, records, the admin.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Gate(models.Model):
    """`availability` and `maturity` repeat the rows of windows and ratings, so that the rule needs no join.

    `availability` is None for a title without windows, which no licence restricts; else a list of
    `[territory, start, end]`, instants in microseconds since 1970, the end exclusive. `maturity` has a label
    for each rating (`catalog.maturity.label_of`). `catalog.gating` says what rows come to, `catalog.services.touching`
    keeps both as the rows are.
    """

    class Status(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"
        ARCHIVED = "archived"
        MERGED = "merged"

    status = models.CharField(
        max_length=20, choices=Status.choices, default=Status.DRAFT, db_default=Status.DRAFT
    )
    published_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Public from then on; filled in when a title is first published.",
    )
    availability = models.JSONField(null=True, blank=True, editable=False)
    maturity = ArrayField(models.CharField(max_length=120), default=list, db_default=[], editable=False)

    class Meta:
        abstract = True
