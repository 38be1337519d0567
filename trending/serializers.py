"""Shapes of answers about popularity."""

from typing import Any

from rest_framework import serializers


class ViewCountedSerializer(serializers.Serializer[Any]):
    message = serializers.CharField()
    views = serializers.IntegerField(help_text="The title's views of all time.")
