"""What somebody typed, as it is looked for, and what its words may have been meant for.

Entry points: `Question`, `near_words`, `keys_near`. Failure: `django.db.Error`s, by `near_words` only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.search.folding import LONGEST_KEY, fold, key_of
from catalog.search.words import Neighbours, neighbours_of

MOST_WORDS = 30  # of a question that are looked at
MOST_NEIGHBOURS = 400  # of all words of a question together
FEWEST_NEIGHBOURS = 10  # of each word
SHORT = 4  # letters; a shorter word has too many neighbours to look for a part of a title by


@dataclass(frozen=True)
class Question:
    """What was typed, folded: as one key, as words in their order, and as words that each come once, because PostgreSQL
    takes a word given twice for rarer.
    """

    key: str
    in_order: Sequence[str]
    words: Sequence[str]

    @classmethod
    def of(cls, text: str) -> "Question":
        in_order = fold(text).split()[:MOST_WORDS]
        return cls(key_of(text), in_order, list(dict.fromkeys(in_order)))


def near_words(question: Question) -> list[Neighbours]:
    """Of each of its words."""
    most = max(FEWEST_NEIGHBOURS, MOST_NEIGHBOURS // len(question.words))
    return neighbours_of(question.words, most=most)


def keys_near(question: Question, near: Sequence[Neighbours]) -> list[str]:
    """Whole titles that the question is, but for one word."""
    words, neighbours = question.in_order, dict(zip(question.words, near, strict=True))
    return [
        "".join([*words[:place], other, *words[place + 1 :]])[:LONGEST_KEY]
        for place, word in enumerate(words)
        for other in neighbours[word].words
    ]
