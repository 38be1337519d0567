"""Shapes of looking titles up by their ids in other registries."""

from typing import Any

from rest_framework import serializers

from catalog.models import Content
from catalog.serializers.languages import LanguageQuery, TitleLanguageSerializer
from streaming.api.inputs import StrictSerializer

MOST_AT_ONCE = 100


class RefInput(StrictSerializer):
    scheme = serializers.CharField(max_length=50, help_text="imdb, tmdb, eidr, …")
    value = serializers.CharField(max_length=255)


class LookupInput(LanguageQuery):
    ids = serializers.ListField(child=RefInput(), min_length=1, max_length=MOST_AT_ONCE)


class FoundTitleSerializer(serializers.Serializer[Any]):
    content_id = serializers.UUIDField()
    title = serializers.CharField()
    content_type = serializers.ChoiceField(choices=Content.Kind.choices)
    year = serializers.IntegerField(allow_null=True, help_text="Of release.")
    original_language = serializers.CharField(allow_blank=True, help_text="Empty where it is not known.")
    languages = TitleLanguageSerializer()
    address = serializers.CharField(help_text="Where the title is read.")


class LookupEntrySerializer(serializers.Serializer[Any]):
    scheme = serializers.CharField(help_text="As it was asked.")
    value = serializers.CharField(help_text="As it was asked.")
    found = serializers.BooleanField()
    content = FoundTitleSerializer(allow_null=True)


class LookupSerializer(serializers.Serializer[Any]):
    results = LookupEntrySerializer(many=True, help_text="One for each id, in the order asked.")
