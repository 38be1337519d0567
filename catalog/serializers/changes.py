"""Shapes of the feed of changes."""

from typing import Any

from rest_framework import serializers

from streaming.api.inputs import StrictSerializer
from streaming.api.pages import cursor_field

CHANGES = ("created", "updated", "deleted", "merged")


class ChangesQuery(StrictSerializer):
    since = cursor_field("`next` of the page before; without it the feed is read from its beginning.")
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=100, help_text="Changes in a page.")


class ChangeSerializer(serializers.Serializer[Any]):
    content_id = serializers.UUIDField()
    change = serializers.ChoiceField(
        choices=CHANGES,
        help_text="Of `created` and `updated` the title is to be read anew; of the others it is no longer public.",
    )
    at = serializers.DateTimeField()
    into = serializers.UUIDField(required=False, help_text="Of `merged`: the title that it is part of now.")


class ChangesSerializer(serializers.Serializer[Any]):
    results = ChangeSerializer(many=True, help_text="None at the end of the feed.")
    next = serializers.CharField(help_text="What to ask for `since` next, at the end of the feed as well.")
