"""What counts as the same text."""

import unicodedata
from random import Random

import pytest

from catalog.search.folding import LONGEST_KEY, fold, key_of, with_compounds


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  The  LONG\tNight ", "the long night"),
        ("Amélie à l’Été", "amelie a lete"),
        ("Don't", "dont"),
        ("Rock´n´Roll", "rocknroll"),
        ("ＡＫＩＲＡ　２", "akira 2"),
        ("Straße, Łódź & Søren", "strasse lodz and soren"),
        ("Ǿ ǽ İı", "o ae ii"),
        ("S.W.A.T.", "s w a t"),
        ("½ Ⅳ x²", "1 2 iv x2"),
        ("٣ इडियट्स", "3 इडियट्स"),
        ("أَحْمَد", "احمد"),
        ("שָׁלוֹם", "שלום"),
        ("Йод", "иод"),
        ("千と千尋", "千 と 千 尋"),
        ("ガンダム", "ガ ン ダ ム"),
        ("co\u00adop \u200bx", "coop x"),
        ("…!?❤️", ""),
        ("\u0e4d \u094d", ""),
    ],
)
def test_case_accents_width_and_punctuation_do_not_matter(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(unicodedata.normalize("NFD", text)) == folded


def test_what_is_folded_stays_as_it_is() -> None:
    """Of 20,000 texts of any signs at all, halves of pairs among them."""
    rng = Random(1)
    for _ in range(20_000):
        text = "".join(
            chr(rng.choice((rng.randrange(128), rng.randrange(0x3100), rng.randrange(0x30000))))
            for _ in range(8)
        )
        assert fold(fold(text)) == fold(text), ascii(text)


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("Spider-Man", "spiderman"),
        ("Spider Man", "spiderman"),
        ("…And Justice for All", "andjusticeforall"),
        ("❤️ ❤", "❤❤"),
        ("！！！", "!!!"),
        ("…", "..."),
        ("!\x00\ud800?", "!?"),
        (" ", ""),
        ("long " * 100, ("long" * 100)[:LONGEST_KEY]),
    ],
)
def test_whole_titles_are_compared_without_blanks(title: str, key: str) -> None:
    assert key_of(title) == key


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Spider-Man: Far from Home", "spider man far from home spiderman"),
        ("S.W.A.T.: Under Siege", "s w a t under siege swat"),
        ("The Long Night", "the long night"),
        ("Tom & Jerry", "tom and jerry"),
    ],
)
def test_what_punctuation_took_apart_is_found_as_one_word(title: str, words: str) -> None:
    assert with_compounds(title) == words
