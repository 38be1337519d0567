"""Shapes of a search and of what it finds."""

from typing import Any

from rest_framework import serializers

from catalog.models import Content
from catalog.search.ranking import Tier
from catalog.search.suggesting import MOST
from catalog.serializers.audience import AudienceQuery
from catalog.serializers.cards import CardSerializer
from catalog.serializers.languages import LanguageQuery, TitleLanguageSerializer
from streaming.api.pages import cursor_field

LONGEST_QUESTION = 200  # characters; a longer title is found by its beginning
ASKED = "What titles, people or texts say; case, accents, punctuation and the order of words do not matter."

MATCHED = {
    Tier.EXACT: "a whole title",
    Tier.SLIP: "that with one letter wrong",
    Tier.TITLE: "all words in titles",
    Tier.PEOPLE: "people as well",
    Tier.PREFIX: "all words in titles, the last as a beginning",
    Tier.SPELLING: "words corrected, in titles and people",
    Tier.LABEL: "all words in titles, people, genres and keywords",
    Tier.TEXT: "texts as well",
}


class SearchQuery(AudienceQuery, LanguageQuery):
    q = serializers.CharField(max_length=LONGEST_QUESTION, help_text=ASKED)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=20, help_text="Rows in a page.")
    cursor = cursor_field("From `next` of the page before.")


class SuggestQuery(AudienceQuery, LanguageQuery):
    q = serializers.CharField(max_length=LONGEST_QUESTION, help_text="What was typed so far.")
    limit = serializers.IntegerField(
        min_value=1, max_value=MOST, default=MOST, help_text="Suggestions at most."
    )


class SuggestionSerializer(serializers.Serializer[Any]):
    content_id = serializers.UUIDField()
    title = serializers.CharField()
    content_type = serializers.ChoiceField(choices=Content.Kind.choices)
    year = serializers.IntegerField(allow_null=True, help_text="Of the release.")
    thumbnail_url = serializers.CharField(
        allow_blank=True, help_text="Where the title has none of its own, its poster of `artwork`."
    )
    original_language = serializers.CharField(allow_blank=True, help_text="Empty where it is not known.")
    languages = TitleLanguageSerializer()


class SuggestionsSerializer(serializers.Serializer[Any]):
    results = SuggestionSerializer(many=True)


class FoundSerializer(CardSerializer):
    matched = serializers.ChoiceField(
        choices=[tier.name.lower() for tier in Tier],
        help_text=f"How it was found, the best first: {', '.join(MATCHED[tier] for tier in Tier)}.",
    )


class SearchPageSerializer(serializers.Serializer[Any]):
    results = FoundSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="Address of the next page; null on the last one.")
