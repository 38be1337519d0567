"""Shapes of lists of titles: their parameters, and pages with the counts of facets."""

from typing import Any

from rest_framework import serializers

from catalog.listing import FACETS
from catalog.models import SearchDocument
from catalog.orders import ORDERS
from catalog.serializers.audience import AudienceQuery
from catalog.serializers.cards import CardSerializer
from catalog.serializers.languages import LanguageQuery
from catalog.similar import KINDS
from streaming.api.pages import cursor_field

LISTS = "`a,b` is all of them, `a|b` any of them"
LONGEST_VALUE = 2000  # characters
LONGEST_TITLE = SearchDocument._meta.get_field("sort_title").max_length or 0


def _parameter(help_text: str) -> serializers.CharField:
    return serializers.CharField(required=False, max_length=LONGEST_VALUE, help_text=help_text)


class PageOfTitlesQuery(AudienceQuery, LanguageQuery):
    limit = serializers.IntegerField(min_value=1, max_value=100, default=20, help_text="Titles in a page.")
    cursor = cursor_field("From `next` of the page before.", longest_text=LONGEST_TITLE)


class ContentListQuery(PageOfTitlesQuery):
    genre = _parameter(f"Names or ids; {LISTS}.")
    not_genre = _parameter("Leaves out what `genre` of the same value would find.")
    type = _parameter("movie, series, documentary; `a|b` is any of them.")
    person = _parameter(f"Ids of people credited; {LISTS}.")
    country = _parameter(f"ISO 3166 codes of countries of origin; {LISTS}.")
    keyword = _parameter(f"Names or ids; {LISTS}.")
    studio = _parameter(f"Names or ids; {LISTS}.")
    year = _parameter("Of the release: `1994`, `1990..1999`, `1990..`, `..1999`.")
    runtime = _parameter("In minutes: `90`, `90..120`, `90..`, `..120`.")
    rating_gte = _parameter("At least, 0–10.")
    sort = serializers.ChoiceField(
        choices=list(ORDERS),
        default="popularity",
        error_messages={"invalid_choice": f"A list is sorted by one of {', '.join(ORDERS)}."},
        help_text="`-` is falling; `popularity` has the most popular first.",
    )
    facets = _parameter(f"What to count beside the page, as in `genre,type,year`: of {', '.join(FACETS)}.")

    def validate_facets(self, value: str) -> list[str]:
        names = list(dict.fromkeys(value.split(",")))
        unknown = [name for name in names if name not in FACETS]
        if unknown:
            raise serializers.ValidationError(
                f"There is no facet {', '.join(unknown)}. There are {', '.join(FACETS)}."
            )
        return names


class CountSerializer(serializers.Serializer[Any]):
    value = serializers.CharField(help_text="As the parameter takes it.")
    name = serializers.CharField()
    count = serializers.IntegerField(min_value=1, help_text="Titles, under all other parameters.")


class FacetsSerializer(serializers.Serializer[Any]):
    genre = CountSerializer(many=True, required=False)
    type = CountSerializer(many=True, required=False)
    year = CountSerializer(many=True, required=False)
    country = CountSerializer(many=True, required=False)
    keyword = CountSerializer(many=True, required=False)
    studio = CountSerializer(many=True, required=False)


class ContentListSerializer(serializers.Serializer[Any]):
    results = CardSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="Address of the next page; null on the last one.")
    facets = FacetsSerializer(
        required=False, help_text="Those that were asked for: at most 100 values each, most titles first."
    )
    estimated = serializers.ListField(
        child=serializers.ChoiceField(choices=list(FACETS)),
        required=False,
        help_text="Facets whose counts are estimated from a sample, for they are of very many titles.",
    )


class TermSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    count = serializers.IntegerField(min_value=1, help_text="Titles that the audience may see.")


class TermsSerializer(serializers.Serializer[Any]):
    results = TermSerializer(many=True, help_text="Those of most titles first, at most 100.")
    estimated = serializers.BooleanField(
        help_text="The counts are estimated from a sample, for they are of very many."
    )


class SimilarQuery(AudienceQuery, LanguageQuery):
    limit = serializers.IntegerField(min_value=1, max_value=50, default=20, help_text="Titles.")


class ReasonSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=list(KINDS))
    id = serializers.CharField(help_text="Of the genre, keyword or person.")
    name = serializers.CharField()


class SimilarTitleSerializer(CardSerializer):
    reasons = ReasonSerializer(many=True, help_text="What both titles have, at most 5 of a kind.")


class SimilarSerializer(serializers.Serializer[Any]):
    results = SimilarTitleSerializer(many=True)
