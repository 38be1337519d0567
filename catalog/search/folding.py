"""Texts made comparable: case, accents, width and punctuation do not matter.

`fold` is applied to what is stored and to what is asked, so the two can only differ where the words do. What it does to
a sign it does to every text with that sign, wherever it stands; folding what is folded changes nothing. A change here
is a change of every document: `manage.py search_rebuild`.

Entry points: `fold`, `key_of`, `spelled`, `with_compounds`. No failure: any text, of whatever signs, folds to
something.
"""

import re
import unicodedata
from functools import lru_cache

LONGEST_KEY = 150  # characters; an entry of a GIN index holds 2,700 bytes, and nobody types more
LONGEST_REMEMBERED = 60  # characters; names and most titles, which are folded several times over
LONGEST_WORD = 64  # characters; a word of a text vector holds 2,046 bytes

APOSTROPHES = "'‘’‛ʹʻʼ′`"
SPELLED_OUT = {
    **{"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŋ": "n"},
    **dict.fromkeys(APOSTROPHES, ""),
    "&": " and ",
    "ـ": "",  # the Arabic tatweel stretches a word and says nothing
}
# Accents of Latin, Greek and Cyrillic; points of Hebrew and vowel signs of Arabic, which most write without; marks
# around signs; variants of emoji. Signs of other scripts are letters there: without them words would fall together.
ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef]+"
)
ACUTE_AS_APOSTROPHE = str.maketrans({"´": "'"})  # Unicode takes it apart into a blank and an accent
LETTERS_AND_NUMBERS = "LMN"
NO_TEXT = ("Cc", "Cf", "Cs")  # control characters, joiners, halves of pairs: PostgreSQL takes not all of them
# Scripts without blanks between words: each sign is a word, so that a part of a title is found too.
UNSPACED = re.compile(
    "([\u2e80-\u2fdf\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u9fff\U00020000-\U0003ffff])"
)


class _Signs(dict[int, str]):
    """What a sign folds to; each is worked out once."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _folded(chr(code))
        return folded


def _folded(sign: str) -> str:
    sign = sign.casefold()
    if sign in SPELLED_OUT:
        return SPELLED_OUT[sign]
    kind = unicodedata.category(sign[0])
    if kind == "Cf":
        return ""  # joiners, soft hyphens, directions: within words
    if kind == "Nd":
        return str(unicodedata.decimal(sign))
    return sign if kind[0] in LETTERS_AND_NUMBERS else " "


_signs = _Signs()


def fold(text: str) -> str:
    """Lower-case words of letters and numbers with one blank between; empty for a text of punctuation only."""
    return _remembered(text) if len(text) <= LONGEST_REMEMBERED else _words_of(text)


def _words_of(text: str) -> str:
    if text.isascii():
        return " ".join(text.translate(_signs).split())
    apart = unicodedata.normalize("NFKD", text.translate(ACUTE_AS_APOSTROPHE).casefold())
    whole = unicodedata.normalize("NFC", ACCENTS.sub("", apart))
    words = UNSPACED.sub(r" \1 ", whole.translate(_signs)).split()
    return " ".join(word for word in words if any(map(str.isalnum, word)))


_remembered = lru_cache(maxsize=1 << 14)(_words_of)


def spelled(text: str) -> str:
    """By case and accents alone: punctuation and blanks stay."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(unicodedata.normalize("NFC", ACCENTS.sub("", apart)).split())


def key_of(title: str) -> str:
    """What exact titles are compared by: folded and without blanks, so that `Spider-Man` is `Spiderman`.

    A title of punctuation only is compared as it is.
    """
    return (fold(title).replace(" ", "") or _signs_of(title))[:LONGEST_KEY]


def _signs_of(text: str) -> str:
    """As it is, less blanks, variants and what is no text."""
    plain = ACCENTS.sub("", unicodedata.normalize("NFKC", text))
    return "".join(sign for sign in plain if not sign.isspace() and unicodedata.category(sign) not in NO_TEXT)


def with_compounds(title: str) -> str:
    """A title folded, and behind it in one word what punctuation took apart: `spider man spiderman`, `s w a t swat`."""
    folded = fold(title)
    chunks = title.split()
    if folded.count(" ") < len(chunks):
        return folded
    compounds = (fold(chunk) for chunk in chunks)
    joined = [chunk.replace(" ", "") for chunk in compounds if " " in chunk]
    return " ".join([folded, *(word for word in joined if len(word) <= LONGEST_WORD)])
