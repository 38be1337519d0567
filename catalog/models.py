"""The catalog's tables, all in `metadata_db`.

Names of tables and columns are published: other teams read them. Every child table carries `content_id` in
its database key (see `streaming.stores.operations.KeyWithContent`), so that distributing it on Citus changes
no schema; genres and people become reference tables. Rows are written by `catalog.services`, and in bulk by
`catalog.importing` and `catalog.seeding`; what those two must see to themselves, `catalog.services` says.
"""

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.querysets import ContentQuerySet
from streaming.stores.citus.writing import KeyedByContent


class Genre(models.Model):
    genre_id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=100, unique=True)

    class Meta:
        db_table = "genres"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """Somebody credited on a title, before or behind the camera. Names are not unique."""

    person_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=255)
    role = models.CharField(
        max_length=100, blank=True, db_default="", help_text="What they are best known for."
    )
    biography = models.TextField(blank=True, db_default="")
    date_of_birth = models.DateField(null=True, blank=True)

    class Meta:
        db_table = "cast_crew"
        verbose_name_plural = "people"
        ordering = ["name", "person_id"]
        indexes = [models.Index(fields=["name", "person_id"], name="cast_crew_by_name")]

    def __str__(self) -> str:
        """With what tells people of one name apart."""
        known = [self.role, f"born {self.date_of_birth.year}" if self.date_of_birth else ""]
        return f"{self.name} ({', '.join(filter(None, known))})" if any(known) else self.name


class Content(models.Model):
    """A title: a movie, a series or a documentary."""

    class Kind(models.TextChoices):
        MOVIE = "movie"
        SERIES = "series"
        DOCUMENTARY = "documentary"

    class Status(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"
        ARCHIVED = "archived"

    content_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=500)
    original_title = models.CharField(max_length=500, blank=True, db_default="")
    release_date = models.DateField(null=True, blank=True)
    duration_minutes = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(10_000)]
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
    status = models.CharField(
        max_length=20, choices=Status.choices, default=Status.DRAFT, db_default=Status.DRAFT
    )
    published_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Public from then on; filled in when a title is first published.",
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)
    genres = models.ManyToManyField(Genre, db_table="content_genres", related_name="contents", blank=True)

    objects = ContentQuerySet.as_manager()

    class Meta:
        db_table = "content_metadata"
        verbose_name = "title"
        ordering = ["-updated_at", "content_id"]
        indexes = [
            models.Index(fields=["-updated_at", "content_id"], name="content_by_update"),
            models.Index(fields=["content_type", "status"], name="content_by_type"),
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
                condition=Q(status__in=["draft", "published", "archived"]),
                name="content_status_known",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Credit(KeyedByContent):
    """One person's part in one title. The database key is `(content_id, id)`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    content = models.ForeignKey(Content, on_delete=models.CASCADE, related_name="credits", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="credits")
    job = models.CharField(max_length=100, db_default="Actor", default="Actor")
    character_name = models.CharField(max_length=255, blank=True, db_default="")
    billing_order = models.PositiveIntegerField(db_default=0, default=0)

    class Meta:
        db_table = "content_cast_crew"
        ordering = ["billing_order", "id"]

    def __str__(self) -> str:
        """Names the person where it is at hand: a list of credits must not cost a query each."""
        return f"{self.job}: {self._state.fields_cache.get('person', self.person_id)}"


class Season(KeyedByContent):
    """A season of a series. The database key is `(content_id, id)`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    content = models.ForeignKey(Content, on_delete=models.CASCADE, related_name="seasons", db_index=False)
    number = models.PositiveIntegerField()

    class Meta:
        db_table = "seasons"
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["content", "number"], name="seasons_number_once")]

    def __str__(self) -> str:
        return f"Season {self.number}"


class Source(KeyedByContent):
    """The record a title was imported from, kept whole so that nothing a source says is lost.

    `digest` is the SHA-256 of the record as read: an unchanged row is told by it. The key is `(content_id, id)`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    content = models.ForeignKey(Content, on_delete=models.CASCADE, related_name="sources", db_index=False)
    scheme = models.CharField(max_length=50)
    value = models.CharField(max_length=255)
    record = models.JSONField()
    digest = models.CharField(max_length=64)
    imported_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "content_sources"
        constraints = [
            models.UniqueConstraint(fields=["content", "scheme", "value"], name="content_sources_value_once")
        ]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"
