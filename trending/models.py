"""`trending_daily` in `metadata_db`: finished and running days, written from the counters by `trending.services`."""

import uuid

from django.db import models

from streaming.stores.citus.writing import KeyedByContent


class TrendingDaily(KeyedByContent):
    """One title's views on one UTC day. The database key is `(content_id, id)`; a day and title stand once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    date = models.DateField()
    content = models.ForeignKey("catalog.Content", on_delete=models.CASCADE, related_name="+", db_index=False)
    views = models.BigIntegerField(db_default=0)
    watch_time_minutes = models.BigIntegerField(db_default=0)

    class Meta:
        db_table = "trending_daily"
        verbose_name = "day of a title"
        verbose_name_plural = "daily trending"
        ordering = ["-date", "-views"]
        indexes = [models.Index(fields=["-date", "-views"], name="trending_daily_by_views")]
        constraints = [
            models.UniqueConstraint(fields=["content", "date"], name="trending_daily_once"),
            models.CheckConstraint(
                condition=models.Q(views__gte=0, watch_time_minutes__gte=0),
                name="trending_daily_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.content_id}"
