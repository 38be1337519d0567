"""Codes of countries, territories and languages: what is one, and its canonical spelling.

Countries and territories are ISO 3166-1 alpha-2; languages are BCP 47 tags, of which the language, script and
region subtags are looked at. The validators raise `django.core.exceptions.ValidationError`.
"""

import re
from functools import cache, lru_cache

import pycountry
from django.core.exceptions import ValidationError

WORLD = "WW"
# Language, script, region, then variants: RFC 5646 §2.1 without extensions and private use.
TAG = re.compile(
    r"([a-z]{2,3})(-[A-Z][a-z]{3})?(-(?:[A-Z]{2}|[0-9]{3}))?((?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)"
)


@cache
def is_country(code: str) -> bool:
    return pycountry.countries.get(alpha_2=code) is not None if code.isupper() else False


@lru_cache(maxsize=4096)  # names come from strangers' files
def country_named(name: str) -> str | None:
    """The code of a country by its English name, common or official, present or former; None for no country."""
    wanted = name.strip()
    for countries in (pycountry.countries, pycountry.historic_countries):
        for country in countries:
            if wanted in (getattr(country, field, None) for field in NAMES):
                return str(country.alpha_2)
    return USUAL_NAMES.get(wanted)


NAMES = ("name", "common_name", "official_name")


# How trade listings name those that ISO names otherwise.
USUAL_NAMES = {
    "Russia": "RU",
    "South Korea": "KR",
    "North Korea": "KP",
    "Turkey": "TR",
    "Palestine": "PS",
    "Syria": "SY",
    "Iran": "IR",
    "Venezuela": "VE",
    "Vietnam": "VN",
    "Taiwan": "TW",
    "Tanzania": "TZ",
    "Bolivia": "BO",
    "Moldova": "MD",
    "Laos": "LA",
    "Brunei": "BN",
    "Ivory Coast": "CI",
    "Cape Verde": "CV",
    "Vatican City": "VA",
    "Soviet Union": "SU",
    "West Germany": "DE",
    "East Germany": "DD",
    "Yugoslavia": "YU",
    "Czechoslovakia": "CS",
}


def country_code(text: str) -> None:
    if not is_country(text) and text not in FORMER:
        raise ValidationError(
            "This is no country: ISO 3166 codes of two capital letters, as in DE.", code="country"
        )


FORMER = frozenset({"SU", "DD", "YU", "CS"})


def territory_code(text: str) -> None:
    if text != WORLD and not is_country(text):
        raise ValidationError(
            "This is no territory: ISO 3166 codes of two capital letters, or WW for the whole world.",
            code="territory",
        )


def canonical_language(text: str) -> str | None:
    """`PT-br` as `pt-BR`; None for what is no language tag."""
    parts = text.strip().replace("_", "-").split("-")
    spelled = [parts[0].lower()]
    for part in parts[1:]:
        if len(part) == 4 and part.isalpha():
            spelled.append(part.title())
        elif len(part) == 2 and part.isalpha():
            spelled.append(part.upper())
        else:
            spelled.append(part.lower())
    tag = "-".join(spelled)
    return tag if len(tag) <= 35 and TAG.fullmatch(tag) else None


def language_tag(text: str) -> None:
    if canonical_language(text) != text:
        raise ValidationError("This is no language tag as in pt-BR (BCP 47).", code="language")
