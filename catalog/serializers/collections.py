"""Shapes of collections."""

from typing import Any

from rest_framework import serializers

from catalog.serializers.cards import CardSerializer
from streaming.api.inputs import StrictSerializer


class CollectionsQuery(StrictSerializer):
    limit = serializers.IntegerField(
        min_value=1, max_value=100, default=20, help_text="Collections in a page."
    )
    cursor = serializers.CharField(
        required=False, max_length=2000, help_text="From `next` of the page before."
    )


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
