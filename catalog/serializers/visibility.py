"""Shapes of the answer to who may see a title, and why."""

from typing import Any

from rest_framework import serializers

from catalog.codes import territory_code
from catalog.models.shared import OLDEST_AGE
from catalog.visibility import CHECKS
from streaming.api.inputs import StrictSerializer


class VisibilityQuery(StrictSerializer):
    territory = serializers.CharField(
        required=False,
        max_length=2,
        validators=[territory_code],
        help_text="ISO 3166 code, as in DE; without one, somebody anywhere.",
    )
    at = serializers.DateTimeField(
        required=False, help_text="RFC 3339, in UTC where no zone is given; without one, now."
    )
    maturity_lte = serializers.IntegerField(
        required=False, min_value=0, max_value=OLDEST_AGE, help_text="Age in years; without one, no limit."
    )


class DecidedBySerializer(serializers.Serializer[Any]):
    row = serializers.ChoiceField(choices=["title", "merge", "window", "rating"])
    id = serializers.UUIDField(
        help_text="Of the window or rating; of the title for its own columns and its merge."
    )
    values = serializers.DictField(help_text="The columns that decided, as they are.")


class VisibilityCheckSerializer(serializers.Serializer[Any]):
    check = serializers.ChoiceField(choices=[check.name for check in CHECKS])
    holds = serializers.BooleanField()
    why = serializers.CharField()
    decided_by = DecidedBySerializer(allow_null=True, help_text="Null where the want of a row decided.")


class VisibilitySerializer(serializers.Serializer[Any]):
    content_id = serializers.UUIDField()
    title = serializers.CharField()
    territory = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField(allow_null=True, help_text="As it was asked; null for now.")
    maturity_lte = serializers.IntegerField(allow_null=True)
    visible = serializers.BooleanField(help_text="Whether every check holds.")
    checks = VisibilityCheckSerializer(many=True)
    next_change = serializers.DateTimeField(
        allow_null=True, help_text="When time alone next gives this audience another answer; null for never."
    )
