"""Who may see a title, as rows: windows of availability and ratings of maturity. `Gate` repeats them."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from catalog.codes import country_code, territory_code
from catalog.models.parts import OfTitle
from catalog.windows import printed


class _Span(Func):
    function = "TSTZRANGE"


class AvailabilityWindow(OfTitle):
    """A licence to show a title in a territory, from `starts_at` until just before `ends_at`; null is without end."""

    class Licence(models.TextChoices):
        SUBSCRIPTION = "svod", "subscription"
        ADVERTISING = "avod", "with advertising"
        FREE = "fvod", "free"
        RENTAL = "tvod", "rental"
        SALE = "est", "sale"

    content = models.ForeignKey(
        "catalog.Content", on_delete=models.CASCADE, related_name="windows", db_index=False
    )
    territory = models.CharField(
        max_length=2, validators=[territory_code], help_text="ISO 3166 code, or WW for the whole world."
    )
    licence = models.CharField(
        max_length=20, choices=Licence.choices, default=Licence.SUBSCRIPTION, db_default=Licence.SUBSCRIPTION
    )
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True, help_text="The first moment after the window.")

    class Meta:
        db_table = "availability_windows"
        ordering = ["territory", F("starts_at").asc(nulls_first=True), "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="windows_end_after_start",
            ),
            ExclusionConstraint(
                name="windows_do_not_overlap",
                expressions=[
                    ("content", RangeOperators.EQUAL),
                    ("territory", RangeOperators.EQUAL),
                    ("licence", RangeOperators.EQUAL),
                    (_Span("starts_at", "ends_at", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.territory} {self.licence}, {printed(self.starts_at, self.ends_at)}"


class MaturityRating(OfTitle):
    """What a country's rating system says of a title. `catalog.maturity` knows the minimum age of a value."""

    content = models.ForeignKey(
        "catalog.Content", on_delete=models.CASCADE, related_name="maturity_ratings", db_index=False
    )
    system = models.CharField(max_length=50, help_text="As in MPA, FSK, BBFC.")
    country = models.CharField(max_length=2, blank=True, db_default="", validators=[country_code])
    value = models.CharField(max_length=50)
    descriptors = ArrayField(models.CharField(max_length=100), default=list, db_default=[], blank=True)

    class Meta:
        db_table = "maturity_ratings"
        ordering = ["system", "country"]
        constraints = [
            models.UniqueConstraint(fields=["content", "system", "country"], name="maturity_ratings_once")
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.value}"
