"""Which languages are asked for, by a query parameter or a field of a body, and which were found, in answers."""

from typing import Any

from rest_framework import serializers

from catalog.languages import Chain, NotALanguage, languages_named
from streaming.api.inputs import StrictSerializer


class LanguagesField(serializers.CharField):
    """A list of language tags, the most wanted first."""

    def to_internal_value(self, data: Any) -> Chain:  # type: ignore[override]
        try:
            return languages_named(super().to_internal_value(data))
        except NotALanguage as error:
            raise serializers.ValidationError(str(error), code="language") from error


class LanguageQuery(StrictSerializer):
    """`catalog.views.languages` reads it."""

    lang = LanguagesField(
        required=False,
        max_length=400,
        help_text="Languages in the order wanted, as in pt-BR,pt,en; without it `Accept-Language` counts.",
    )


class TitleLanguageSerializer(serializers.Serializer[Any]):
    """Of which language the title is; empty where it is its own and its language is not known."""

    title = serializers.CharField(allow_blank=True)


class TextLanguagesSerializer(serializers.Serializer[Any]):
    """Of which language each text is; empty where it is the title's own and its language is not known."""

    title = serializers.CharField(allow_blank=True)
    summary = serializers.CharField(allow_blank=True)


class RecordLanguagesSerializer(TextLanguagesSerializer):
    sort_title = serializers.CharField(allow_blank=True)
    tagline = serializers.CharField(allow_blank=True)
    summary = serializers.CharField(allow_blank=True, help_text="Of the `summaries` as well.")
