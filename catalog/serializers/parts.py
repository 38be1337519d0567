"""Shapes of what hangs on a title."""

from typing import Any

from rest_framework import serializers

from catalog.languages import SUMMARY_LENGTHS
from catalog.models import AlternativeTitle, Artwork, AvailabilityWindow, Marker, Video


class SummariesSerializer(serializers.Serializer[Any]):
    """The summary at most so many characters long: as written for that length, else a longer one cut."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {str(most): serializers.CharField(allow_blank=True) for most in SUMMARY_LENGTHS}


class KeywordSerializer(serializers.Serializer[Any]):
    keyword_id = serializers.IntegerField()
    name = serializers.CharField()


class StudioSerializer(serializers.Serializer[Any]):
    studio_id = serializers.IntegerField()
    name = serializers.CharField()


class AlternativeTitleSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    country = serializers.CharField(allow_blank=True)
    language = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(choices=AlternativeTitle.Kind.choices)


class PictureSerializer(serializers.Serializer[Any]):
    url = serializers.CharField()
    language = serializers.CharField(allow_blank=True, help_text="Empty: textless.")
    width = serializers.IntegerField(allow_null=True, help_text="Pixels.")
    height = serializers.IntegerField(allow_null=True, help_text="Pixels.")
    focal_x = serializers.FloatField(allow_null=True, min_value=0, max_value=1, help_text="0 left – 1 right.")
    focal_y = serializers.FloatField(allow_null=True, min_value=0, max_value=1, help_text="0 top – 1 bottom.")


class ArtworkSerializer(serializers.Serializer[Any]):
    """Of each kind the picture for the languages asked for, else textless, in the original language, or any."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {kind: PictureSerializer(allow_null=True) for kind in Artwork.Kind.values}


class VideoSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Video.Kind.choices)
    title = serializers.CharField(allow_blank=True)
    url = serializers.CharField()
    language = serializers.CharField(allow_blank=True)
    duration_seconds = serializers.IntegerField(allow_null=True)


class MarkerSerializer(serializers.Serializer[Any]):
    """A stretch that a player may offer to skip."""

    kind = serializers.ChoiceField(choices=Marker.Kind.choices)
    start_seconds = serializers.FloatField(min_value=0)
    end_seconds = serializers.FloatField(min_value=0)


class ExternalIdSerializer(serializers.Serializer[Any]):
    scheme = serializers.CharField(help_text="As in imdb, tmdb, eidr.")
    value = serializers.CharField()


class MaturityRatingSerializer(serializers.Serializer[Any]):
    system = serializers.CharField(help_text="As in MPA, FSK, BBFC.")
    country = serializers.CharField(allow_blank=True)
    value = serializers.CharField()
    descriptors = serializers.ListField(child=serializers.CharField())
    minimum_age = serializers.IntegerField(
        allow_null=True, help_text="In years; null for a value that is not known."
    )


class AvailabilitySerializer(serializers.Serializer[Any]):
    """A licence that is open now."""

    territory = serializers.CharField(help_text="ISO 3166 code, or WW for the whole world.")
    licence = serializers.ChoiceField(choices=AvailabilityWindow.Licence.choices)
    ends_at = serializers.DateTimeField(allow_null=True, help_text="The first moment without it.")
