"""Shapes of a title, its genres and its cast. What hangs on a title is shaped in `parts`."""

from typing import Any

from rest_framework import serializers

from catalog.models import Content
from catalog.serializers.audience import AudienceQuery
from catalog.serializers.languages import LanguageQuery, RecordLanguagesSerializer
from catalog.serializers.parts import (
    AlternativeTitleSerializer,
    ArtworkSerializer,
    AvailabilitySerializer,
    ExternalIdSerializer,
    KeywordSerializer,
    MarkerSerializer,
    MaturityRatingSerializer,
    StudioSerializer,
    SummariesSerializer,
    VideoSerializer,
)
from streaming.api.inputs import StrictSerializer
from streaming.api.pages import cursor_field


class IdsQuery(StrictSerializer):
    limit = serializers.IntegerField(min_value=1, max_value=10_000, default=1000, help_text="Ids in a page.")
    cursor = cursor_field("From the `Link` of the page before.")


class TitleQuery(AudienceQuery, LanguageQuery):
    """What one audience may see, in its languages."""


class MetadataSerializer(serializers.Serializer[Any]):
    content_id = serializers.UUIDField()
    title = serializers.CharField()
    original_title = serializers.CharField(allow_blank=True)
    release_date = serializers.DateField(allow_null=True)
    duration_minutes = serializers.IntegerField(allow_null=True, help_text="Null for a series.")
    content_type = serializers.ChoiceField(choices=Content.Kind.choices)
    summary = serializers.CharField(allow_blank=True)
    thumbnail_url = serializers.CharField(
        allow_blank=True, help_text="Where the title has none of its own, its poster of `artwork`."
    )
    trailer_url = serializers.CharField(
        allow_blank=True, help_text="Where the title has none of its own, the best trailer of `videos`."
    )
    rating = serializers.FloatField(allow_null=True, min_value=0, max_value=10, help_text="One decimal.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField()
    season_count = serializers.IntegerField(help_text="0 for what is not a series.")
    episode_count = serializers.IntegerField()
    sort_title = serializers.CharField(help_text="What lists order by; the title where there is none.")
    tagline = serializers.CharField(allow_blank=True)
    summaries = SummariesSerializer()
    original_language = serializers.CharField(
        allow_blank=True, help_text="As in pt-BR (BCP 47); of the title's own texts too."
    )
    languages = RecordLanguagesSerializer()
    countries = serializers.ListField(
        child=serializers.CharField(), help_text="Of origin: ISO 3166 codes, as in DE."
    )
    rating_count = serializers.IntegerField(help_text="Votes behind `rating`; 0 where a source named none.")
    keywords = KeywordSerializer(many=True)
    studios = StudioSerializer(many=True)
    alternative_titles = AlternativeTitleSerializer(many=True)
    artwork = ArtworkSerializer()
    videos = VideoSerializer(many=True)
    markers = MarkerSerializer(many=True, help_text="Of the title itself; episodes have their own.")
    external_ids = ExternalIdSerializer(many=True)
    maturity_ratings = MaturityRatingSerializer(many=True)
    availability = AvailabilitySerializer(
        many=True, allow_null=True, help_text="Windows that are open now; null for what no licence restricts."
    )


class GenreSerializer(serializers.Serializer[Any]):
    genre_id = serializers.IntegerField()
    name = serializers.CharField()


class CastSerializer(serializers.Serializer[Any]):
    person_id = serializers.UUIDField()
    person_name = serializers.CharField()
    role = serializers.CharField(help_text="The job on this title: Actor, Director, …")
    character_name = serializers.CharField(allow_blank=True)
    billing_order = serializers.IntegerField()
    department = serializers.CharField(allow_blank=True, help_text="Directing, Writing, Acting, …")
    credited_as = serializers.CharField(
        allow_blank=True, help_text="The name as printed, where it differs from `person_name`."
    )
