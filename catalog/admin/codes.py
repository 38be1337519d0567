"""Fields for codes of countries, territories and languages: they suggest, and spell what is typed as the code.

`Germany` and `de` become `DE`, `PT_br` becomes `pt-BR`; what is no code is refused by the model's own validator. The
suggestions are `<datalist>`s that stand once on a page (`catalog/admin/title.html`, by `suggestions`).

Entry points: `field_for`, `suggestions`. Failure: none of its own.
"""

from functools import cache
from typing import Any

import pycountry
from django import forms

from catalog.codes import (
    WORLD,
    canonical_language,
    country_code,
    country_named,
    is_country,
    language_tag,
    territory_code,
)


class CodeField(forms.CharField):
    """A short text field with suggestions. No `maxlength` in the page: a country's name may be typed."""

    suggested = ""

    def __init__(self, *, max_length: int | None = None, **kwargs: Any) -> None:
        """Whatever the column's length: how long a code is, its validator knows."""
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"list": self.suggested, "class": "code", "autocomplete": "off"}

    def to_python(self, value: Any) -> str:
        return self.spelled(super().to_python(value) or "")

    def spelled(self, text: str) -> str:
        raise NotImplementedError


class CountryField(CodeField):
    suggested = "countries"
    default_validators = [country_code]

    def spelled(self, text: str) -> str:
        if is_country(text.upper()):
            return text.upper()
        return country_named(text) or country_named(text.title()) or text


class TerritoryField(CountryField):
    suggested = "territories"
    default_validators = [territory_code]

    def spelled(self, text: str) -> str:
        return WORLD if text.upper() == WORLD else super().spelled(text)


class LanguageField(CodeField):
    suggested = "languages"
    default_validators = [language_tag]

    def spelled(self, text: str) -> str:
        return canonical_language(text) or text


FIELDS: tuple[tuple[Any, type[CodeField]], ...] = (
    (country_code, CountryField),
    (territory_code, TerritoryField),
    (language_tag, LanguageField),
)


def field_for(validators: list[Any]) -> type[CodeField] | None:
    """The form field of a column with these validators; None for one that holds no code."""
    return next((field for code, field in FIELDS if code in validators), None)


@cache
def suggestions() -> dict[str, list[tuple[str, str]]]:
    """Code and English name, by the name of their `<datalist>`."""
    countries = sorted(((each.alpha_2, each.name) for each in pycountry.countries), key=lambda pair: pair[1])
    spoken = (each for each in pycountry.languages if hasattr(each, "alpha_2"))
    languages = sorted(((each.alpha_2, each.name) for each in spoken), key=lambda pair: pair[1])
    return {
        "countries": countries,
        "territories": [(WORLD, "The whole world"), *countries],
        "languages": languages,
    }
