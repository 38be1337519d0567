"""Shapes of registering and of tokens."""

from typing import Any

from django.contrib.auth.validators import UnicodeUsernameValidator
from rest_framework import serializers

from streaming.api.inputs import StrictSerializer


class RegisterInput(StrictSerializer):
    username = serializers.CharField(max_length=150, validators=[UnicodeUsernameValidator()])
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=128, trim_whitespace=False, write_only=True)


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
