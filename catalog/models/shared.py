"""What titles share: people, genres, keywords, studios, collections, levels of maturity. Reference tables on Citus."""

import uuid

from django.contrib.postgres.search import SearchVector
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from catalog.models.inverted import inverted

OLDEST_AGE = 21  # years; no rating system's value asks for more, so no limit does


class Genre(models.Model):
    genre_id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=100, unique=True)

    class Meta:
        db_table = "genres"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Keyword(models.Model):
    keyword_id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=100, unique=True)

    class Meta:
        db_table = "keywords"
        ordering = ["name"]
        indexes = [models.Index(Upper("name"), name="keywords_by_name")]  # what `__iexact` asks for

    def __str__(self) -> str:
        return self.name


class Studio(models.Model):
    """A company that makes or brings out titles."""

    studio_id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)

    class Meta:
        db_table = "studios"
        ordering = ["name"]
        indexes = [models.Index(Upper("name"), name="studios_by_name")]  # what `__iexact` asks for

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """Somebody credited on a title, before or behind the camera. Names are not unique.

    A merged person keeps their row: `merged_into` is who has their credits now, and where their address leads.
    """

    person_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=255)
    role = models.CharField(
        max_length=100, blank=True, db_default="", help_text="What they are best known for."
    )
    biography = models.TextField(blank=True, db_default="")
    date_of_birth = models.DateField(null=True, blank=True)
    date_of_death = models.DateField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="merged"
    )

    class Meta:
        db_table = "cast_crew"
        verbose_name_plural = "people"
        ordering = ["name", "person_id"]
        indexes = [
            models.Index(fields=["name", "person_id"], name="cast_crew_by_name"),
            inverted(SearchVector("name", config="simple"), name="cast_crew_words"),
        ]

    def __str__(self) -> str:
        """With what tells people of one name apart."""
        known = [self.role, f"born {self.date_of_birth.year}" if self.date_of_birth else ""]
        return f"{self.name} ({', '.join(filter(None, known))})" if any(known) else self.name


class Collection(models.Model):
    """A list of titles with a name: picked by hand (`CollectionItem`), or all that a rule finds.

    `rule` is a query string of `GET /content` (`genre=Drama&year=1990..1999&sort=-rating`), as
    `catalog.listing` reads it; empty for a collection that is picked by hand.
    """

    collection_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=255)
    summary = models.TextField(blank=True, db_default="")
    rule = models.CharField(max_length=2000, blank=True, default="", db_default="")
    is_published = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "collections"
        ordering = ["name", "collection_id"]

    def __str__(self) -> str:
        return self.name


class MaturityLevel(models.Model):
    """The minimum age behind a value of a rating system, by edition: of one value the highest edition counts.

    `catalog.maturity` reads it. The values that the migration brings are to be checked by whoever relies on them
    (docs/visibility.md).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    system = models.CharField(max_length=50)
    value = models.CharField(max_length=50)
    minimum_age = models.PositiveSmallIntegerField(
        validators=[MaxValueValidator(OLDEST_AGE)], help_text="In years."
    )
    edition = models.PositiveSmallIntegerField(default=1, db_default=1)

    class Meta:
        db_table = "maturity_levels"
        ordering = ["system", "minimum_age", "value", "edition"]
        constraints = [
            models.UniqueConstraint(fields=["system", "value", "edition"], name="maturity_levels_once"),
            models.CheckConstraint(condition=Q(minimum_age__lte=OLDEST_AGE), name="maturity_levels_age"),
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.value}: {self.minimum_age}+"

    def clean(self) -> None:
        if ":" in self.system:
            raise ValidationError({"system": "A system's name has no colon."})
