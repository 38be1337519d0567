"""Texts made comparable: case, accents, width and punctuation do not matter.

`fold` is applied to what is stored and to what is asked, so the two can only differ where the words do.
"""

import unicodedata

# Letters that Unicode does not take apart, and signs that are read as words.
SPELLED_OUT = str.maketrans(
    {
        **{"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"},
        **{"&": " and ", "’": "'", "ʻ": "'", "ʼ": "'", "`": "'", "´": "'"},
    }
)
# Latin, Greek and Cyrillic accents. Signs of other scripts are letters there: without them words would fall together.
ACCENTS = ("\u0300", "\u036f")
LETTERS_AND_NUMBERS = "LMN"


def fold(text: str) -> str:
    """Lower-case words of letters and numbers with one blank between; empty for a text of punctuation only."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(SPELLED_OUT))
    plain = "".join(sign for sign in apart if not ACCENTS[0] <= sign <= ACCENTS[1])
    whole = unicodedata.normalize("NFC", plain.casefold()).replace("'", "")
    spaced = "".join(sign if unicodedata.category(sign)[0] in LETTERS_AND_NUMBERS else " " for sign in whole)
    return " ".join(spaced.split())


def key_of(title: str) -> str:
    """What exact titles are compared by: folded and without blanks, so that `Spider-Man` is `Spiderman`.

    A title of punctuation only is compared as it is.
    """
    return fold(title).replace(" ", "") or "".join(title.split())
