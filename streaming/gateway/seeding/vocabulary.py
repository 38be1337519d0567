"""What the seeded demo data is called, per locale: lists drawn from Faker once, since it is too slow for every row.

Entry points: `vocabularies`, `translators`. The same locales and seed give the same lists, for one version of Faker.
Failure: `UnknownLocale`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from faker import Faker
from faker.config import AVAILABLE_LOCALES

from catalog.seeding import Vocabulary
from streaming.stores.copying import escaped

WORDS, NAMES, SENTENCES, HANDLES = 2000, 1500, 600, 600
# Locales that say the family name first, and what stands between it and the given name.
FAMILY_FIRST = {"zh": "", "ko": "", "ja": " ", "hu": " ", "vi": " "}
TRANSLATED_INTO = ("de_DE", "fr_FR")


class UnknownLocale(LookupError):
    """A locale that Faker has no data for."""


@dataclass(frozen=True)
class Language:
    """One locale's lists: what the catalog needs, and the beginnings of usernames."""

    titles: Vocabulary
    handles: Sequence[str]


def vocabularies(locales: Sequence[str], seed: int) -> list[Language]:
    """One for each locale. Raises `UnknownLocale`."""
    return [_language(locale, seed) for locale in locales]


def translators(seed: int) -> list[Vocabulary]:
    """What titles are called in the languages that they are translated into."""
    return [_vocabulary(locale, _faker(locale, seed)) for locale in TRANSLATED_INTO]


def _language(locale: str, seed: int) -> Language:
    if locale not in AVAILABLE_LOCALES:
        raise UnknownLocale(locale)
    faker = _faker(locale, seed)
    return Language(
        titles=_vocabulary(locale, faker),
        # Digits at the end would make two handles and their numbers one username.
        handles=_distinct(lambda: str(faker.user_name()).lower().rstrip("0123456789") or "viewer", HANDLES),
    )


def _faker(locale: str, seed: int) -> Faker:
    faker = Faker(locale)
    faker.seed_instance(f"{seed}:{locale}")
    return faker


def _vocabulary(locale: str, faker: Faker) -> Vocabulary:
    given = _distinct(faker.first_name, NAMES)
    family = _distinct(faker.last_name, NAMES)
    between = FAMILY_FIRST.get(locale.partition("_")[0])
    if between is None:
        heads, tails = [f"{name} " for name in given], family
    else:
        heads, tails = [f"{name}{between}" for name in family], given
    words = _distinct(faker.word, WORDS)
    return Vocabulary(
        locale=locale,
        words=[word[0].upper() + word[1:] for word in words],
        name_heads=heads,
        name_tails=tails,
        characters=given,
        sentences=_distinct(faker.sentence, SENTENCES),
    )


def _distinct(draw: Callable[[], str], times: int) -> list[str]:
    """What that many draws give, each once, in COPY's text format."""
    return [escaped(text) for text in dict.fromkeys(draw() for _ in range(times)) if text.strip()]
