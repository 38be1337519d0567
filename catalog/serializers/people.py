"""Shapes of a person and of what they are credited for."""

from typing import Any

from rest_framework import serializers

from catalog.serializers.audience import AudienceQuery
from catalog.serializers.cards import CardSerializer
from catalog.serializers.languages import LanguageQuery
from streaming.api.pages import PageQuery, cursor_field


class PersonQuery(PageQuery, AudienceQuery, LanguageQuery):
    limit = serializers.IntegerField(min_value=1, max_value=100, default=20, help_text="Titles in a page.")
    cursor = cursor_field("From `filmography.next` of the page before.")


class PartSerializer(serializers.Serializer[Any]):
    role = serializers.CharField(allow_blank=True, help_text="The job on this title: Actor, Director, …")
    department = serializers.CharField(allow_blank=True)
    character_name = serializers.CharField(allow_blank=True)
    credited_as = serializers.CharField(allow_blank=True, help_text="The name as printed, where it differs.")


class FilmographyEntrySerializer(CardSerializer):
    credits = PartSerializer(many=True, help_text="All that the person is credited for, in billing order.")


class FilmographySerializer(serializers.Serializer[Any]):
    results = FilmographyEntrySerializer(many=True, help_text="Each title once, the newest release first.")
    next = serializers.CharField(allow_null=True, help_text="Address of the next page; null on the last one.")


class PersonSerializer(serializers.Serializer[Any]):
    person_id = serializers.UUIDField()
    name = serializers.CharField()
    role = serializers.CharField(allow_blank=True, help_text="What they are best known for.")
    biography = serializers.CharField(allow_blank=True)
    date_of_birth = serializers.DateField(allow_null=True)
    date_of_death = serializers.DateField(allow_null=True)
    filmography = FilmographySerializer()
