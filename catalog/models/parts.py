"""What a title is made of: credits, seasons, episodes, trailers, markers, and what it was imported from."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from catalog.codes import language_tag
from catalog.models.shared import Collection, Person
from catalog.models.titles import Content
from streaming.stores.citus.writing import KeyedByContent


class OfTitle(KeyedByContent):
    """A row that hangs on one title. The database key is `(content_id, id)`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    content = models.ForeignKey(Content, on_delete=models.CASCADE, related_name="%(class)ss", db_index=False)

    class Meta:
        abstract = True


class Credit(OfTitle):
    """One person's part in one title."""

    content = models.ForeignKey(Content, on_delete=models.CASCADE, related_name="credits", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="credits")
    department = models.CharField(
        max_length=100, blank=True, db_default="", help_text="Directing, Writing, Acting, …"
    )
    job = models.CharField(max_length=100, db_default="Actor", default="Actor")
    character_name = models.CharField(max_length=255, blank=True, db_default="")
    credited_as = models.CharField(
        max_length=255, blank=True, db_default="", help_text="The name as printed, where it differs."
    )
    billing_order = models.PositiveIntegerField(db_default=0, default=0)

    class Meta:
        db_table = "content_cast_crew"
        ordering = ["billing_order", "id"]

    def __str__(self) -> str:
        """Names the person where it is at hand: a list of credits must not cost a query each."""
        return f"{self.job}: {self._state.fields_cache.get('person', self.person_id)}"

    @property
    def part(self) -> tuple[uuid.UUID, str, str]:
        """What somebody did on a title, by which two of its credits are known for one: who, the job and the character.

        Who plays three characters has three parts; a credit that names no character is a part of its own, because
        nothing says which of them it is.
        """
        return self.person_id, self.job, self.character_name


class Season(OfTitle):
    """A season of a series; its episodes carry its number."""

    number = models.PositiveIntegerField(help_text="0 for specials.")
    title = models.CharField(max_length=500, blank=True, db_default="")
    summary = models.TextField(blank=True, db_default="")

    class Meta:
        db_table = "seasons"
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["content", "number"], name="seasons_number_once")]

    def __str__(self) -> str:
        return f"Season {self.number}"


class Episode(OfTitle):
    """An episode at its place in the order of airing. Its season's row is there whenever an episode is."""

    class Kind(models.TextChoices):
        STANDARD = "standard"
        PILOT = "pilot"
        SPECIAL = "special"
        FINALE = "finale"

    season_number = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    absolute_number = models.PositiveIntegerField(null=True, blank=True, help_text="Over all seasons.")
    title = models.CharField(max_length=500, blank=True, db_default="")
    summary = models.TextField(blank=True, db_default="")
    air_date = models.DateField(null=True, blank=True)
    runtime_minutes = models.PositiveIntegerField(null=True, blank=True)
    kind = models.CharField(
        max_length=20, choices=Kind.choices, default=Kind.STANDARD, db_default=Kind.STANDARD
    )
    production_code = models.CharField(max_length=50, blank=True, db_default="")

    class Meta:
        db_table = "episodes"
        ordering = ["season_number", "number"]
        constraints = [
            models.UniqueConstraint(fields=["content", "season_number", "number"], name="episodes_place_once")
        ]

    def __str__(self) -> str:
        return f"S{self.season_number:02}E{self.number:02} {self.title}".rstrip()


class EpisodeOrder(OfTitle):
    """An episode's place in an order other than that of airing: of the discs, of production, of the story."""

    class Order(models.TextChoices):
        DVD = "dvd", "DVD"
        DIGITAL = "digital"
        PRODUCTION = "production"
        STORY = "story"

    # No key in the database: it would have to be of both columns, and Django's have one. The services see to it.
    episode = models.ForeignKey(
        Episode, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="orders"
    )
    order = models.CharField(max_length=20, choices=Order.choices)
    season_number = models.PositiveIntegerField()
    number = models.PositiveIntegerField()

    class Meta:
        db_table = "episode_orders"
        ordering = ["order", "season_number", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["content", "order", "season_number", "number"], name="episode_orders_place_once"
            ),
            models.UniqueConstraint(fields=["content", "order", "episode"], name="episode_orders_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_order_display()}: S{self.season_number:02}E{self.number:02}"


class Video(OfTitle):
    """A trailer or an extra of a title."""

    class Kind(models.TextChoices):
        TRAILER = "trailer"
        TEASER = "teaser"
        CLIP = "clip"
        FEATURETTE = "featurette"
        INTERVIEW = "interview"
        BLOOPERS = "bloopers"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    title = models.CharField(max_length=500, blank=True, db_default="")
    url = models.URLField(max_length=1000)
    language = models.CharField(max_length=35, blank=True, db_default="", validators=[language_tag])
    duration_seconds = models.PositiveIntegerField(null=True, blank=True)
    position = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "videos"
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.title}".removesuffix(": ")


class Marker(OfTitle):
    """A stretch of a title, or of one of its episodes, that a player may offer to skip."""

    class Kind(models.TextChoices):
        INTRO = "intro"
        RECAP = "recap"
        CREDITS = "credits"

    episode = models.ForeignKey(
        Episode,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        blank=True,
        related_name="markers",
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)
    start_seconds = models.DecimalField(max_digits=9, decimal_places=3, validators=[MinValueValidator(0)])
    end_seconds = models.DecimalField(max_digits=9, decimal_places=3, validators=[MinValueValidator(0)])

    class Meta:
        db_table = "markers"
        ordering = ["start_seconds", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(start_seconds__gte=0, end_seconds__gt=F("start_seconds")),
                name="markers_end_after_start",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.start_seconds}–{self.end_seconds} s"


class CollectionItem(OfTitle):
    """A title's place in a collection that is picked by hand."""

    content = models.ForeignKey(
        Content, on_delete=models.CASCADE, related_name="collection_items", db_index=False
    )
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "collection_items"
        ordering = ["position", "content_id"]
        constraints = [
            models.UniqueConstraint(fields=["content", "collection"], name="collection_items_title_once")
        ]

    def __str__(self) -> str:
        """Names the title where it is at hand, as credits name the person."""
        return str(self._state.fields_cache.get("content", self.content_id))


class Source(OfTitle):
    """The record a title was imported from, kept whole so that nothing a source says is lost.

    `digest` is the SHA-256 of the record as read: an unchanged row is told by it. `kept_out` are the ids of what the
    record says and the catalog had no place for, as their rows would have them: the next import tries these again.
    """

    scheme = models.CharField(max_length=50)
    value = models.CharField(max_length=255)
    record = models.JSONField()
    digest = models.CharField(max_length=64)
    kept_out = ArrayField(models.UUIDField(), null=True, blank=True)
    imported_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "content_sources"
        constraints = [
            models.UniqueConstraint(fields=["content", "scheme", "value"], name="content_sources_value_once")
        ]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


FOCUS = (MinValueValidator(0), MaxValueValidator(1))


class Artwork(OfTitle):
    """A picture of a title. Of each kind and language one is the primary; without a language it has no text."""

    class Kind(models.TextChoices):
        POSTER = "poster"
        BACKDROP = "backdrop"
        BANNER = "banner"
        LOGO = "logo"
        STILL = "still"

    content = models.ForeignKey(Content, on_delete=models.CASCADE, related_name="artwork", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    language = models.CharField(
        max_length=35, blank=True, db_default="", validators=[language_tag], help_text="Empty: textless."
    )
    url = models.URLField(max_length=1000)
    width = models.PositiveIntegerField(null=True, blank=True, help_text="Pixels.")
    height = models.PositiveIntegerField(null=True, blank=True, help_text="Pixels.")
    focal_x = models.DecimalField(
        max_digits=4, decimal_places=3, null=True, blank=True, validators=FOCUS, help_text="0 left – 1 right."
    )
    focal_y = models.DecimalField(
        max_digits=4, decimal_places=3, null=True, blank=True, validators=FOCUS, help_text="0 top – 1 bottom."
    )
    is_primary = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "artwork"
        verbose_name_plural = "artwork"
        ordering = ["kind", "language", "-is_primary", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["content", "kind", "language"],
                condition=Q(is_primary=True),
                name="artwork_one_primary",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.language}".rstrip()
