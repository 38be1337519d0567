"""What titles are called elsewhere, which titles turned out to be one, and what changed when."""

from django.core.exceptions import ValidationError
from django.db import models

from catalog.models.parts import OfTitle
from catalog.registries import NoExternalId, canonical_ref


class ExternalId(OfTitle):
    """A title's id in another registry (imdb, tmdb, eidr, …). `ExternalIdClaim` keeps it from being of two titles."""

    content = models.ForeignKey(
        "catalog.Content", on_delete=models.CASCADE, related_name="external_ids", db_index=False
    )
    scheme = models.CharField(max_length=50)
    value = models.CharField(max_length=255)

    class Meta:
        db_table = "external_ids"
        ordering = ["scheme", "value"]
        constraints = [
            models.UniqueConstraint(fields=["content", "scheme", "value"], name="external_ids_once")
        ]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"

    def clean(self) -> None:
        """Makes the id canonical: what the table has is what is looked up."""
        try:
            self.scheme, self.value = canonical_ref(self.scheme, self.value)
        except NoExternalId as error:
            raise ValidationError({"value": str(error)}) from error


class ExternalIdClaim(models.Model):
    """Whose title an external id is: one row for each `(scheme, value)`, written with the title's own row.

    A table of its own, because on Citus a unique key must carry the column that cuts the table: titles' rows are
    cut by `content_id`, these by `value`. Looking an external id up is one task on one shard for that. The database's
    key is `(value, scheme)`.
    """

    id = models.CharField(primary_key=True, max_length=310)  # of Django only: scheme:value
    scheme = models.CharField(max_length=50)
    value = models.CharField(max_length=255)
    content_id = models.UUIDField()

    class Meta:
        db_table = "external_id_claims"

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value} is {self.content_id}"


class ContentMerge(models.Model):
    """A title that turned out to be another one. Its row stays with status `merged`, its address leads there.

    `undo` says what the merge changed, so that `catalog.merging` can take it back.
    """

    content = models.OneToOneField(
        "catalog.Content", primary_key=True, on_delete=models.CASCADE, related_name="merge"
    )
    into_id = models.UUIDField(db_index=True)
    merged_at = models.DateTimeField()
    undo = models.JSONField()

    class Meta:
        db_table = "content_merges"

    def __str__(self) -> str:
        return f"{self.content_id} is {self.into_id}"


class PersonMerge(models.Model):
    """A person who turned out to be another one; `Person.merged_into` says whom. `undo` as for titles."""

    person = models.OneToOneField(
        "catalog.Person", primary_key=True, on_delete=models.CASCADE, related_name="merge"
    )
    merged_at = models.DateTimeField()
    undo = models.JSONField()

    class Meta:
        db_table = "person_merges"

    def __str__(self) -> str:
        return f"{self.person_id} since {self.merged_at:%Y-%m-%d}"


class Change(models.Model):
    """The last change of each title, deleted ones included, in an order that no reader of it can miss a row of.

    `position` is the id of the transaction that wrote the row (`pg_current_xact_id`), `first_position` of the first one
    that noted it as `shown`: whether the title has ever been public by then. The end of one that never was is nobody's
    business. One row a title: a later change moves it to the end, but for one of a title that nobody could see and
    nobody can. The table lies on the coordinator, whose transaction ids order all writers (`catalog.changes`).
    """

    class Kind(models.TextChoices):
        SAVED = "saved"
        HIDDEN = "hidden"  # saved, and nobody sees it before it is saved again
        DELETED = "deleted"

    content_id = models.UUIDField(primary_key=True)
    position = models.BigIntegerField()
    first_position = models.BigIntegerField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    at = models.DateTimeField()
    shown = models.BooleanField(db_default=False, default=False)

    class Meta:
        db_table = "content_changes"
        indexes = [
            models.Index(
                fields=["position", "content_id"],
                condition=models.Q(shown=True),
                name="content_changes_shown",
            )
        ]

    def __str__(self) -> str:
        return f"{self.content_id} {self.kind}"
