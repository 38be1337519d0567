"""Shapes of seasons and episodes."""

from typing import Any

from rest_framework import serializers

from catalog.models import Episode
from catalog.selectors import EPISODE_ORDERS
from catalog.serializers.audience import AudienceQuery
from catalog.serializers.parts import MarkerSerializer
from streaming.api.pages import PageQuery, cursor_field

NEXT = "Address of the next page; null on the last one."


class SeasonsQuery(PageQuery, AudienceQuery):
    limit = serializers.IntegerField(min_value=1, max_value=100, default=100, help_text="Seasons in a page.")
    cursor = cursor_field("From `next` of the page before.")


class EpisodesQuery(SeasonsQuery):
    limit = serializers.IntegerField(min_value=1, max_value=100, default=50, help_text="Episodes in a page.")
    order = serializers.ChoiceField(
        choices=EPISODE_ORDERS,
        default=EPISODE_ORDERS[0],
        help_text="Whose seasons and numbers are meant: those of airing, of the discs, of production, …",
    )


class SeasonSerializer(serializers.Serializer[Any]):
    season_id = serializers.UUIDField()
    number = serializers.IntegerField(help_text="0 for specials.")
    title = serializers.CharField(allow_blank=True)
    summary = serializers.CharField(allow_blank=True)
    episode_count = serializers.IntegerField()
    first_air_date = serializers.DateField(allow_null=True)
    last_air_date = serializers.DateField(allow_null=True)


class EpisodeSerializer(serializers.Serializer[Any]):
    episode_id = serializers.UUIDField()
    season_number = serializers.IntegerField(help_text="In the order asked for, as `number`.")
    number = serializers.IntegerField()
    aired_season_number = serializers.IntegerField(help_text="In the order of airing, as `aired_number`.")
    aired_number = serializers.IntegerField()
    absolute_number = serializers.IntegerField(allow_null=True, help_text="Over all seasons.")
    title = serializers.CharField(allow_blank=True)
    summary = serializers.CharField(allow_blank=True)
    air_date = serializers.DateField(allow_null=True)
    runtime_minutes = serializers.IntegerField(allow_null=True)
    kind = serializers.ChoiceField(choices=Episode.Kind.choices)
    production_code = serializers.CharField(allow_blank=True)
    markers = MarkerSerializer(many=True)


class SeasonPageSerializer(serializers.Serializer[Any]):
    results = SeasonSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text=NEXT)


class EpisodePageSerializer(serializers.Serializer[Any]):
    results = EpisodeSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text=NEXT)
