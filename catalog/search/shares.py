"""What share of the titles has a word, as a sample of them tells it of the commoner ones.

PostgreSQL has such statistics too, but takes each word that is not among the commonest thousand for one that a few
titles in a thousand have, and chooses by that how it finds them (`catalog.search.tiers`). Shares are kept for a while.
Entry points: `Shares`, `Words`. Failure: `django.db.Error`s.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from catalog.models import SearchDocument
from catalog.samples import sampled
from streaming.stores.citus.workers import is_distributed

TOLD = 0.005  # the least share that is told of words that are asked for as alternatives: together they may be common
TOLD_ALONE = 0.01  # and of others
FEWEST = 5  # titles of the sample that have a word of which anything is told
SHARE = 512  # one title of so many is in the sample
SAMPLED = 2000  # titles, at most
LETTERS = 8  # of beginnings; a longer one is as common as its first letters, at most
KEY = (
    "catalog:search:shares:2"  # another one for another shape: processes of two releases may run side by side
)
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
    """How many titles of the sample have a common word in a column, or one of their titles that begins so; and whether
    titles are `distributed` over shards, each of which has them found by itself.
    """

    distributed: bool

    def __init__(self) -> None:
        self._titles, self._told, self.distributed = sampled(KEY, _sampled, tuple)

    def of(self, words: Words, column: str) -> float:
        """The share of titles that have these in a column: at most as many as have the rarest. 0 is little."""
        *before, last = [(choice, self._told[column]) for choice in words.choices]
        if words.begins:
            last = [phrase[:LETTERS] for phrase in last[0]], self._told[BEGINNINGS]
        return min(self._any_of(*each) for each in (*before, last))

    def _any_of(self, choice: Sequence[str], told: dict[str, int]) -> float:
        having = sum(min(told.get(word, 0) for word in phrase.split()) for phrase in choice)
        return having / max(1, self._titles)


def _sampled() -> tuple[int, dict[str, dict[str, int]], bool]:
    sample = SearchDocument.objects.public().one_in(SHARE).order_by("content_id")
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
        fewest = max(FEWEST, len(rows) * (TOLD_ALONE if column == "document" else TOLD))
        told[column] = {word: count for word, count in counted.items() if count >= fewest}
    return len(rows), told, is_distributed()
