"""Which words are common: told by a sample of the titles.

Titles that have a word are found by the index of words, or by walking along the popular titles until there are enough:
the one costs as much as titles have the word, the other as much as titles have not. PostgreSQL would choose, but takes
each word that is not among the commonest thousand for one that a few titles in a thousand have, so of some words that a
dozen have together it walks along a million titles. So that is chosen here.

Shares are kept in the cache. They decide how titles are found, never which. Entry points: `Shares`, `Words`. Failure:
`django.db.Error`s.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from catalog.models import SearchDocument
from streaming.stores.cache import read_through

COMMON = 0.01  # the share of titles from which on walking costs less: for a page of 200 of a million
TOLD = 0.005  # the least share that is told of words that are asked for as alternatives: together they may be common
FEWEST = 5  # titles of the sample that have a word of which anything is told
SHARE = 512  # one title of so many is in the sample (ids are random)
SAMPLED = 2000  # titles, at most
LETTERS = 8  # of beginnings; a longer one is as common as its first letters, at most
KEY = "catalog:search:shares"
BEGINNINGS = "beginnings"  # of the words of titles


@dataclass(frozen=True)
class Words:
    """For each word that is asked for, in their order, what would do for it: words, or several with blanks between that
    stand together. Where it `begins`, the last may go on.
    """

    choices: Sequence[Sequence[str]]
    begins: bool = False

    @classmethod
    def every(cls, words: Iterable[str], *, begins: bool = False) -> "Words":
        return cls([[word] for word in words], begins)


class Shares:
    """As the sample tells them: how many of its titles have a common word in a column, or one that begins so.

    Of `document` no alternatives are asked for: there only words are told that are common by themselves.
    """

    def __init__(self) -> None:
        self._titles, self._told = read_through(KEY, _sampled)

    def common(self, words: Words, column: str) -> bool:
        """Whether about `COMMON` of the titles have these in a column, or more."""
        *before, last = [(choice, self._told[column]) for choice in words.choices]
        if words.begins:
            last = [phrase[:LETTERS] for phrase in last[0]], self._told[BEGINNINGS]
        return all(self._of(*each) >= COMMON for each in (*before, last))

    def _of(self, choice: Sequence[str], told: dict[str, int]) -> float:
        having = sum(min(told.get(word, 0) for word in phrase.split()) for phrase in choice)
        return having / max(1, self._titles)


def _sampled() -> tuple[int, dict[str, dict[str, int]]]:
    sample = SearchDocument.objects.filter(content_id__lte=UUID(int=2**128 // SHARE - 1)).order_by(
        "content_id"
    )
    counts: dict[str, Counter[str]] = {
        column: Counter() for column in ("titles", "named", "document", BEGINNINGS)
    }
    rows = list(sample.values_list("names", "people", "labels", "summaries")[:SAMPLED])
    for names, people, labels, summaries in rows:
        titles = set(names.split())
        named = titles.union(people.split())
        counts["titles"].update(titles)
        counts["named"].update(named)
        counts["document"].update(named.union(labels.split(), summaries.split()))
        counts[BEGINNINGS].update({word[:end] for word in titles for end in range(1, LETTERS + 1)})
    told = {}
    for column, counted in counts.items():
        fewest = max(FEWEST, len(rows) * (COMMON if column == "document" else TOLD))
        told[column] = {word: count for word, count in counted.items() if count >= fewest}
    return len(rows), told
