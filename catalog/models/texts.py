"""A title's texts in other languages and its other titles."""

from django.db import models

from catalog.codes import country_code, language_tag
from catalog.models.parts import OfTitle


class Translation(OfTitle):
    """A title's texts in one language. An empty field says nothing: `catalog.languages` falls back by field."""

    language = models.CharField(max_length=35, validators=[language_tag], help_text="As in pt-BR (BCP 47).")
    title = models.CharField(max_length=500, blank=True, db_default="")
    sort_title = models.CharField(max_length=500, blank=True, db_default="")
    tagline = models.CharField(max_length=500, blank=True, db_default="")
    summary_190 = models.CharField(max_length=190, blank=True, db_default="")
    summary_400 = models.CharField(max_length=400, blank=True, db_default="")
    summary_4000 = models.CharField(max_length=4000, blank=True, db_default="")

    class Meta:
        db_table = "content_translations"
        ordering = ["language"]
        constraints = [
            models.UniqueConstraint(fields=["content", "language"], name="translations_language_once")
        ]

    def __str__(self) -> str:
        return f"{self.language}: {self.title}".removesuffix(": ")


class AlternativeTitle(OfTitle):
    """Another name that a title goes by, and where."""

    class Kind(models.TextChoices):
        ALSO_KNOWN_AS = "aka", "also known as"
        ORIGINAL = "original"
        WORKING = "working"
        SHORT = "short"
        DVD = "dvd", "DVD"
        FESTIVAL = "festival"
        TRANSLITERATED = "transliterated"

    content = models.ForeignKey(
        "catalog.Content", on_delete=models.CASCADE, related_name="alternative_titles", db_index=False
    )
    title = models.CharField(max_length=1000)
    country = models.CharField(max_length=2, blank=True, db_default="", validators=[country_code])
    language = models.CharField(max_length=35, blank=True, db_default="", validators=[language_tag])
    kind = models.CharField(
        max_length=20, choices=Kind.choices, default=Kind.ALSO_KNOWN_AS, db_default=Kind.ALSO_KNOWN_AS
    )

    class Meta:
        db_table = "alternative_titles"
        ordering = ["title", "country", "id"]

    def __str__(self) -> str:
        return f"{self.title} ({self.country})" if self.country else self.title
