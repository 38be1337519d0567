"""Shapes of the answers that need more than one app's data."""

from typing import Any

from rest_framework import serializers

from catalog.serializers.audience import AudienceQuery
from catalog.serializers.languages import LanguageQuery, TitleLanguageSerializer
from catalog.serializers.titles import CastSerializer, GenreSerializer, MetadataSerializer
from reviews.serializers import RatingSummarySerializer, ReviewSerializer
from streaming.api.pages import PageQuery


class DetailsSerializer(serializers.Serializer[Any]):
    metadata = MetadataSerializer()
    genres = GenreSerializer(many=True)
    cast = CastSerializer(many=True)
    reviews = ReviewSerializer(many=True, help_text="The first page, newest first.")
    rating_summary = RatingSummarySerializer(allow_null=True)
    real_time_views = serializers.IntegerField(allow_null=True)
    degraded = serializers.ListField(
        child=serializers.ChoiceField(choices=["reviews", "usernames", "views"]),
        help_text="Stores this answer had to do without.",
    )


class TrendingQuery(LanguageQuery):
    limit = serializers.IntegerField(min_value=1, max_value=100, default=10, help_text="Titles in the list.")


class TrendingSerializer(serializers.Serializer[Any]):
    content_id = serializers.UUIDField()
    title = serializers.CharField()
    original_language = serializers.CharField(allow_blank=True, help_text="Empty where it is not known.")
    languages = TitleLanguageSerializer()
    views = serializers.IntegerField(help_text="Views today (UTC).")


class ReviewsQuery(PageQuery, AudienceQuery):
    """A page of what one audience may read."""


class HistoryQuery(PageQuery):
    limit = serializers.IntegerField(min_value=1, max_value=100, default=10, help_text="Plays in a page.")


class PlaySerializer(serializers.Serializer[Any]):
    history_id = serializers.UUIDField()
    user_id = serializers.UUIDField()
    username = serializers.CharField()
    content_id = serializers.UUIDField()
    title = serializers.CharField(allow_null=True)
    watched_at = serializers.DateTimeField()
    duration_watched_seconds = serializers.IntegerField()
    last_position_seconds = serializers.IntegerField()
