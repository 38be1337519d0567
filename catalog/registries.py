"""Schemes of external ids: what an id of each looks like, and its one canonical spelling.

Ids of a scheme that `SCHEMES` does not know are taken as they are, without outer blanks; a scheme's name is
lower-case. What is stored and what is looked up both pass `canonical_ref`, so they can only differ where the ids do.

Entry points: `Ref`, `canonical_ref`. Failure: `NoExternalId`, whose message is for whoever typed the id.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

SCHEME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,49}")  # no colon and no slash: it stands in keys and in addresses
LONGEST_VALUE = 255
SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class NoExternalId(ValueError):
    """The text is no id of that scheme."""


class Ref(NamedTuple):
    """An external id: a registry and what a title is called there, both canonical when `canonical_ref` made it."""

    scheme: str
    value: str

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


@dataclass(frozen=True)
class Scheme:
    """`spell` makes a canonical id of a match of `pattern`; None where the check character is another one."""

    pattern: re.Pattern[str]
    looks_like: str
    spell: Callable[[re.Match[str]], str | None]


def canonical_ref(scheme: str, value: str) -> Ref:
    """The id as it is stored. Raises `NoExternalId`."""
    name, text = scheme.strip().lower(), value.strip()
    if not SCHEME.fullmatch(name):
        raise NoExternalId("A scheme is named with up to 50 letters, digits, dots and dashes, as in imdb.")
    if not text.isprintable() or not 0 < len(text) <= LONGEST_VALUE:
        raise NoExternalId(f"An id has 1 to {LONGEST_VALUE} printable characters.")
    known = SCHEMES.get(name)
    if known is None:
        return Ref(name, text)
    match = known.pattern.fullmatch(text)
    spelled = known.spell(match) if match else None
    if spelled is None:
        raise NoExternalId(f"This is no id of {name}: one looks like {known.looks_like}.")
    return Ref(name, spelled)


def check_character(text: str) -> str:
    """Of ISO 7064, MOD 37,36, as EIDR and ISAN have it."""
    product = 36
    for sign in text:
        product = ((product + SIGNS.index(sign)) % 36 or 36) * 2 % 37
    return SIGNS[(37 - product) % 36]


def _as_digits(match: re.Match[str]) -> str | None:
    return str(int(match[0]))


def _eidr(match: re.Match[str]) -> str | None:
    body, check = match["body"].replace("-", "").upper(), match["check"].upper()
    if check != check_character(body):
        return None
    return f"10.5240/{_in_fours(body)}-{check}"


def _isan(match: re.Match[str]) -> str | None:
    """With both check characters, whether they were given or not; without a version it is version 0."""
    root, version = match["root"].replace("-", "").upper(), (match["version"] or "00000000").replace("-", "")
    whole = root + version.upper()
    checks = check_character(root), check_character(whole)
    given = match["check"], match["version_check"]
    if any(one is not None and one.upper() != right for one, right in zip(given, checks, strict=True)):
        return None
    return f"{_in_fours(root)}-{checks[0]}-{_in_fours(version.upper())}-{checks[1]}"


def _in_fours(text: str) -> str:
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


NUMBER = re.compile(r"[0-9]{1,18}")
EIDR = re.compile(
    r"(?:https?://doi\.org/|doi:|urn:eidr:)?10\.5240[/:](?P<body>(?:[0-9a-f]{4}-?){5})(?P<check>[0-9a-z])",
    re.IGNORECASE | re.ASCII,
)
ISAN = re.compile(
    r"(?:isan[ :]?)?(?P<root>[0-9a-f]{4}(?:-?[0-9a-f]{4}){3})(?:-?(?P<check>[0-9a-z]))??"
    r"(?:-?(?P<version>[0-9a-f]{4}-?[0-9a-f]{4})(?:-?(?P<version_check>[0-9a-z]))?)?",
    re.IGNORECASE | re.ASCII,
)
# TMDB numbers movies and series apart: the same number is two titles, so they are two schemes.
SCHEMES: Mapping[str, Scheme] = {
    "imdb": Scheme(
        re.compile(r"tt[0-9]{7,12}", re.IGNORECASE | re.ASCII),
        "tt0111161",
        lambda match: match[0].lower(),
    ),
    "eidr": Scheme(
        EIDR, "10.5240/7791-8534-2C23-9030-8610-5, of which the last is the check character", _eidr
    ),
    "isan": Scheme(ISAN, "0000-0000-D07A-0090-Q-0000-0000-X, of which Q and X are check characters", _isan),
    "tmdb": Scheme(NUMBER, "278", _as_digits),
    "tmdb-tv": Scheme(NUMBER, "1399", _as_digits),
    "tvdb": Scheme(NUMBER, "121361", _as_digits),
    "wikidata": Scheme(
        re.compile(r"Q[1-9][0-9]{0,17}", re.IGNORECASE | re.ASCII), "Q172241", lambda match: match[0].upper()
    ),
}
