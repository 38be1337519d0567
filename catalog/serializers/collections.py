"""Shapes of collections."""

from typing import Any

from rest_framework import serializers

from catalog.models import Collection
from catalog.serializers.cards import CardSerializer
from streaming.api.inputs import StrictSerializer
from streaming.api.pages import cursor_field

LONGEST_NAME = Collection._meta.get_field("name").max_length or 0


class CollectionsQuery(StrictSerializer):
    limit = serializers.IntegerField(
        min_value=1, max_value=100, default=20, help_text="Collections in a page."
    )
    cursor = cursor_field("From `next` of the page before.", longest_text=LONGEST_NAME)


class CollectionSerializer(serializers.Serializer[Any]):
    collection_id = serializers.UUIDField()
    name = serializers.CharField()
    summary = serializers.CharField(allow_blank=True)


class CollectionsSerializer(serializers.Serializer[Any]):
    results = CollectionSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="Address of the next page; null on the last one.")


class CollectionTitlesSerializer(CollectionSerializer):
    results = CardSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="Address of the next page; null on the last one.")
