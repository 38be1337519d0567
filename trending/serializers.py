"""Shapes of the trending answers and inputs."""

from typing import Any

from rest_framework import serializers

from streaming.api.inputs import StrictSerializer


class TrendingQuery(StrictSerializer):
    limit = serializers.IntegerField(min_value=1, max_value=100, default=10, help_text="Titles in the list.")


class TrendingSerializer(serializers.Serializer[Any]):
    content_id = serializers.UUIDField()
    title = serializers.CharField()
    views = serializers.IntegerField(help_text="Views today (UTC).")


class ViewCountedSerializer(serializers.Serializer[Any]):
    message = serializers.CharField()
    views = serializers.IntegerField(help_text="The title's views of all time.")
