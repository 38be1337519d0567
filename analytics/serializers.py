"""Shapes of registering and of tokens."""

from typing import Any

from django.contrib.auth.validators import UnicodeUsernameValidator
from rest_framework import serializers

from analytics.models import User
from streaming.api.inputs import StrictSerializer


class RegisterInput(StrictSerializer):
    username = serializers.CharField(max_length=150, validators=[UnicodeUsernameValidator()])
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=128, trim_whitespace=False, write_only=True)

    def validate_username(self, username: str) -> str:
        """As it will be stored: one compatibility character may become many."""
        return _still_fits(User.normalize_username(username), longest=150)

    def validate_email(self, email: str) -> str:
        return _still_fits(User.objects.normalize_email(email), longest=254)


def _still_fits(text: str, *, longest: int) -> str:
    if len(text) > longest:
        raise serializers.ValidationError(f"Normalised, it is over {longest} characters.", code="max_length")
    return text


class ViewerSerializer(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()
    username = serializers.CharField()
    email = serializers.EmailField()
    registration_date = serializers.DateTimeField()


class TokenInput(StrictSerializer):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=128, trim_whitespace=False, write_only=True)


class RefreshInput(StrictSerializer):
    refresh = serializers.CharField(max_length=2000)


class TokenPairSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="Send as `Authorization: Bearer …`; valid for 15 minutes.")
    refresh = serializers.CharField(help_text="Good once, for the next pair.")
