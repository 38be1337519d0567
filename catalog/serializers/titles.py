"""Shapes of a title, its genres and its cast."""

from typing import Any

from rest_framework import serializers

from catalog.models import Content
from streaming.api.inputs import StrictSerializer


class IdsQuery(StrictSerializer):
    limit = serializers.IntegerField(min_value=1, max_value=10_000, default=1000, help_text="Ids in a page.")
    cursor = serializers.CharField(required=False, max_length=500)


class MetadataSerializer(serializers.Serializer[Any]):
    content_id = serializers.UUIDField()
    title = serializers.CharField()
    original_title = serializers.CharField(allow_blank=True)
    release_date = serializers.DateField(allow_null=True)
    duration_minutes = serializers.IntegerField(allow_null=True, help_text="Null for a series.")
    content_type = serializers.ChoiceField(choices=Content.Kind.choices)
    summary = serializers.CharField(allow_blank=True)
    thumbnail_url = serializers.CharField(allow_blank=True)
    trailer_url = serializers.CharField(allow_blank=True)
    rating = serializers.FloatField(allow_null=True, min_value=0, max_value=10, help_text="One decimal.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField()
    season_count = serializers.IntegerField(help_text="0 for what is not a series.")


class GenreSerializer(serializers.Serializer[Any]):
    genre_id = serializers.IntegerField()
    name = serializers.CharField()


class CastSerializer(serializers.Serializer[Any]):
    person_id = serializers.UUIDField()
    person_name = serializers.CharField()
    role = serializers.CharField(help_text="The job on this title: Actor, Director, …")
    character_name = serializers.CharField(allow_blank=True)
    billing_order = serializers.IntegerField()
