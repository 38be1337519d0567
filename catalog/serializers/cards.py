"""The shape of a title in a list."""

from typing import Any

from rest_framework import serializers

from catalog.models import Content
from catalog.serializers.languages import TextLanguagesSerializer


class CardSerializer(serializers.Serializer[Any]):
    content_id = serializers.UUIDField()
    title = serializers.CharField()
    original_title = serializers.CharField(allow_blank=True)
    content_type = serializers.ChoiceField(choices=Content.Kind.choices)
    release_date = serializers.DateField(allow_null=True)
    year = serializers.IntegerField(allow_null=True, help_text="Of the release.")
    duration_minutes = serializers.IntegerField(allow_null=True, help_text="Null for a series.")
    rating = serializers.FloatField(allow_null=True, min_value=0, max_value=10, help_text="One decimal.")
    thumbnail_url = serializers.CharField(
        allow_blank=True, help_text="Where the title has none of its own, its poster of `artwork`."
    )
    summary = serializers.CharField(allow_blank=True, help_text="Its beginning, up to 200 characters.")
    original_language = serializers.CharField(allow_blank=True, help_text="As in pt-BR (BCP 47).")
    languages = TextLanguagesSerializer()
    genres = serializers.ListField(child=serializers.CharField())
