"""A title itself: the row of `content_metadata` that all its other rows hang on."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.codes import country_code, language_tag
from catalog.models.gate import Gate
from catalog.models.shared import Genre, Keyword, Studio
from catalog.querysets import ContentQuerySet

MOST_MINUTES = 10_000  # of a title's duration: nearly seven days


class Content(Gate):
    """A title: a movie, a series or a documentary."""

    class Kind(models.TextChoices):
        MOVIE = "movie"
        SERIES = "series"
        DOCUMENTARY = "documentary"

    content_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=500)
    original_title = models.CharField(max_length=500, blank=True, db_default="")
    release_date = models.DateField(null=True, blank=True)
    duration_minutes = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(MOST_MINUTES)]
    )
    content_type = models.CharField(max_length=20, choices=Kind.choices)
    summary = models.TextField(blank=True, db_default="")
    thumbnail_url = models.URLField(max_length=1000, blank=True, db_default="")
    trailer_url = models.URLField(max_length=1000, blank=True, db_default="")
    rating = models.DecimalField(
        max_digits=3,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(10)],
        help_text="0–10, one decimal.",
    )
    rating_count = models.PositiveIntegerField(
        default=0, db_default=0, help_text="How many votes the rating is of, where a source says so."
    )
    recent_views = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="Of the last thirty days; the worker counts them."
    )
    sort_title = models.CharField(
        max_length=500, blank=True, db_default="", help_text="What lists order by; the title where empty."
    )
    tagline = models.CharField(max_length=500, blank=True, db_default="")
    original_language = models.CharField(
        max_length=35, blank=True, db_default="", validators=[language_tag], help_text="As in pt-BR (BCP 47)."
    )
    countries = ArrayField(
        models.CharField(max_length=2, validators=[country_code]),
        default=list,
        db_default=[],
        blank=True,
        help_text="Of origin: ISO 3166 codes, as in DE, FR.",
    )
    next_change_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When time alone next changes who may see it; the worker looks out for it.",
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)
    genres = models.ManyToManyField(Genre, db_table="content_genres", related_name="contents", blank=True)
    keywords = models.ManyToManyField(
        Keyword, db_table="content_keywords", related_name="contents", blank=True
    )
    studios = models.ManyToManyField(Studio, db_table="content_studios", related_name="contents", blank=True)

    objects = ContentQuerySet.as_manager()

    class Meta:
        db_table = "content_metadata"
        verbose_name = "title"
        ordering = ["-updated_at", "content_id"]
        indexes = [
            models.Index(fields=["-updated_at", "content_id"], name="content_by_update"),
            models.Index(fields=["content_type", "status"], name="content_by_type"),
            models.Index(
                fields=["next_change_at"],
                condition=Q(next_change_at__isnull=False),
                name="content_by_next_change",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="published") | Q(published_at__isnull=False),
                name="content_published_has_date",
            ),
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__gte=0, rating__lte=10),
                name="content_rating_0_10",
            ),
            models.CheckConstraint(
                condition=Q(content_type__in=["movie", "series", "documentary"]),
                name="content_type_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "published", "archived", "merged"]),
                name="content_status_known",
            ),
        ]

    def __str__(self) -> str:
        return self.title
