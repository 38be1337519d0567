"""Shapes of reviews."""

from typing import Any

from rest_framework import serializers

from streaming.api.inputs import StrictSerializer

LONGEST_COMMENT = 10_000


class ReviewInput(StrictSerializer):
    rating = serializers.FloatField(min_value=1, max_value=10, help_text="In steps of 0.5.")
    comment = serializers.CharField(max_length=LONGEST_COMMENT)
    is_spoiler = serializers.BooleanField(default=False)

    def validate_rating(self, rating: float) -> float:
        if not (rating * 2).is_integer():
            raise serializers.ValidationError("Give a rating in steps of 0.5.", code="step")
        return rating


class ReviewSerializer(serializers.Serializer[Any]):
    review_id = serializers.UUIDField()
    content_id = serializers.UUIDField()
    user_id = serializers.UUIDField()
    username = serializers.CharField(
        allow_null=True, help_text="Null when the account is gone or not to be had."
    )
    rating = serializers.FloatField()
    comment = serializers.CharField()
    is_spoiler = serializers.BooleanField()
    likes_count = serializers.IntegerField()
    replies_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class ReviewCreatedSerializer(serializers.Serializer[Any]):
    message = serializers.CharField()
    review = ReviewSerializer()


class RatingSummarySerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    mean = serializers.FloatField(allow_null=True)
    histogram = serializers.DictField(
        child=serializers.IntegerField(), help_text="Keys 1 to 10; halves rounded down."
    )
