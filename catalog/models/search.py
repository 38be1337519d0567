"""What search reads: one document per title, and the words that titles and people are spelled with.

Made by `catalog.search.documents` and `catalog.search.words` only: in the transaction of the write that they repeat, by
the worker and `search_rebuild` where that left them stale, missing or wrong. Beside these `catalog.services.shared`
marks documents stale.
"""

from collections.abc import Iterable
from functools import reduce
from operator import add
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import DecimalField, GeneratedField, IntegerField, Value
from django.db.models.functions import Coalesce

from catalog.models.gate import Gate
from catalog.models.inverted import inverted
from catalog.models.titles import Content
from catalog.querysets import SearchDocumentQuerySet


def _weighed() -> Any:
    """A titles, B people, C genres and keywords, D summaries."""
    weights = {"names": "A", "people": "B", "labels": "C", "summaries": "D"}
    vectors: Iterable[Any] = (
        SearchVector(column, config="simple", weight=weight) for column, weight in weights.items()
    )
    return reduce(add, vectors)


def _year_or(unknown: int) -> Coalesce:
    return Coalesce("year", Value(unknown), output_field=IntegerField())


def _rating_or(unknown: int) -> Coalesce:
    return Coalesce("rating", Value(unknown), output_field=DecimalField(max_digits=3, decimal_places=1))


# Lists order by these, each indexed. What is unknown is last whichever way the order runs, and as nothing is NULL, a
# place in a list is one comparison of rows, `(value, content_id) < (…, …)`, which an index can start at.
YEAR_FALLING, YEAR_RISING = _year_or(0), _year_or(32_767)
RATING_FALLING, RATING_RISING = _rating_or(-1), _rating_or(11)


class SearchDocument(Gate):
    """Everything of a title that lists and search filter, order and match by, so that they read one table.

    Texts are folded (`catalog.search.folding`). `keys` has every title of the title whole, in every language,
    for the exact match; `names` the same as words. `shown` is not for finding (`catalog.search.showing`).
    """

    content = models.OneToOneField(
        Content, primary_key=True, on_delete=models.CASCADE, related_name="search_document"
    )
    content_type = models.CharField(max_length=20)
    year = models.SmallIntegerField(null=True)
    runtime = models.IntegerField(null=True)
    rating = models.DecimalField(max_digits=3, decimal_places=1, null=True)
    popularity = models.FloatField(default=0, db_default=0)
    sort_title = models.CharField(max_length=500)
    created_at = models.DateTimeField()
    countries = ArrayField(models.CharField(max_length=2), default=list, db_default=[])
    genre_ids = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    keyword_ids = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    studio_ids = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    person_ids = ArrayField(models.UUIDField(), default=list, db_default=[])
    keys = ArrayField(models.TextField(), default=list, db_default=[])
    names = models.TextField(blank=True, db_default="")
    people = models.TextField(blank=True, db_default="")
    labels = models.TextField(blank=True, db_default="")
    summaries = models.TextField(blank=True, db_default="")
    shown = models.JSONField(
        null=True,
        help_text="What a suggestion shows of the title. NULL, in documents of before: nothing, until a rebuild.",
    )
    titles = GeneratedField(
        expression=SearchVector("names", config="simple"), output_field=SearchVectorField(), db_persist=True
    )
    # A column of its own, though `document` has it with weights: of a word that is common in summaries PostgreSQL
    # would take it to be common here, and walk along all titles for the few that have it.
    named = GeneratedField(
        expression=SearchVector("names", "people", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )
    document = GeneratedField(expression=_weighed(), output_field=SearchVectorField(), db_persist=True)
    is_stale = models.BooleanField(
        default=False, db_default=False, help_text="Something shared was renamed; the worker writes it anew."
    )

    objects = SearchDocumentQuerySet.as_manager()

    class Meta:
        db_table = "search_documents"
        indexes = [
            inverted(name="search_titles", fields=("titles",)),
            inverted(name="search_named", fields=("named",)),
            inverted(name="search_document", fields=("document",)),
            inverted(name="search_keys", fields=("keys",)),
            inverted(name="search_genres", fields=("genre_ids",)),
            inverted(name="search_people", fields=("person_ids",)),
            inverted(name="search_keywords", fields=("keyword_ids",)),
            inverted(name="search_studios", fields=("studio_ids",)),
            inverted(name="search_countries", fields=("countries",)),
            inverted(name="search_maturity", fields=("maturity",)),
            models.Index(fields=["runtime"], name="search_by_runtime"),
            models.Index(fields=["popularity", "content_id"], name="search_by_popularity"),
            models.Index(fields=["sort_title", "content_id"], name="search_by_title"),
            models.Index(fields=["created_at", "content_id"], name="search_by_creation"),
            models.Index(YEAR_FALLING, "content_id", name="search_by_year_falling"),
            models.Index(YEAR_RISING, "content_id", name="search_by_year_rising"),
            models.Index(RATING_FALLING, "content_id", name="search_by_rating_falling"),
            models.Index(RATING_RISING, "content_id", name="search_by_rating_rising"),
            models.Index(fields=["content_id"], condition=models.Q(is_stale=True), name="search_stale"),
        ]

    def __str__(self) -> str:
        return f"{self.content_id}: {self.names}"


class SearchWord(models.Model):
    """A word of titles or people, for the typo step. `spellings` are the word and itself less any one letter.

    Two words that one letter dropped, added, swapped with its neighbour or replaced makes the same share a
    spelling, so the words near a mistyped one are found by an index (the symmetric delete of W. Garbe, 2012).
    """

    word = models.CharField(primary_key=True, max_length=64)
    spellings = ArrayField(models.CharField(max_length=64))

    class Meta:
        db_table = "search_words"
        indexes = [inverted(name="search_words_by_spelling", fields=("spellings",))]

    def __str__(self) -> str:
        return self.word
