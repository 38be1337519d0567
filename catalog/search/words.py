"""The words that titles and people are spelled with, and which of them a mistyped word may mean.

Every writer of documents adds the words that are new, in its own transaction. Only `catalog.search.rebuilding` takes
away what no document has any more; a writer keeps the words that it found from that until its commit.

Entry points: `words_add`, `words_missing`, `words_prune`, `neighbours_of`. Failure: `django.db.Error`s.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import connections, transaction
from rapidfuzz import process
from rapidfuzz.distance import OSA

from catalog.models import SearchWord
from catalog.search.matching import any_of
from streaming.stores.aliases import CATALOG
from streaming.stores.copying import array_text

LONGEST = 32  # characters; what is longer is no word that somebody types
LONG = 8  # characters; from here on two slips are taken for one word
AT_ONCE = 200  # words that are taken away together
MOST_FOUND = 3000  # words that one question may bring

# Both in the order of the key, so that two writers cannot wait for each other.
KEEP = "SELECT word FROM search_words WHERE word = ANY(%s) ORDER BY word FOR KEY SHARE"
ADD = """
INSERT INTO search_words (word, spellings)
SELECT word, spellings::text[] FROM unnest(%s::text[], %s::text[]) AS found (word, spellings) ORDER BY word
    ON CONFLICT (word) DO NOTHING
"""
USED = """
CREATE TEMPORARY TABLE words_used AS
SELECT DISTINCT word FROM (
       SELECT unnest(string_to_array(names || ' ' || people, ' ')) AS word FROM search_documents) AS said
"""
UNUSED = """
SELECT word FROM search_words WHERE NOT EXISTS (SELECT FROM words_used AS used WHERE used.word = search_words.word)
 ORDER BY word
"""
# PostgreSQL takes an overlap of many spellings for a tenth of all words and would read them all: of 700,000 that took
# 1.6 s, by the index 8 ms. The setting is of this one statement: two in one message are one transaction.
NEAR = f"""
SET LOCAL enable_seqscan = off;
(SELECT word FROM search_words WHERE spellings && %(spellings)s::varchar[] LIMIT {MOST_FOUND})
UNION ALL SELECT word FROM search_words WHERE word = ANY(%(words)s)
"""  # noqa: S608  # a number of ours
SAYING = "SELECT names, people FROM search_documents WHERE document @@ {}"


def spellings_of(word: str) -> list[str]:
    """The word, and itself less any one letter."""
    shorter = {word[:place] + word[place + 1 :] for place in range(len(word))}
    return sorted({word, *filter(None, shorter)})


def words_in(texts: Iterable[str]) -> set[str]:
    """Of folded texts, those that are worth correcting to."""
    return {word for text in texts for word in text.split() if len(word) <= LONGEST}


def words_add(words: Collection[str]) -> int:
    """Adds those that are not there, and keeps the others until the end of the transaction. How many were added."""
    if not words:
        return 0
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(KEEP, [sorted(words)])
        missing = sorted(set(words).difference(word for (word,) in cursor.fetchall()))
        if not missing:
            return 0
        cursor.execute(ADD, [missing, [array_text(spellings_of(word)) for word in missing]])
        return int(cursor.rowcount)


def words_missing(words: Collection[str]) -> set[str]:
    """Those that are not there."""
    known = SearchWord.objects.using(CATALOG).filter(word__in=sorted(words)).order_by()
    return set(words).difference(known.values_list("word", flat=True))


def words_prune() -> int:
    """Takes away the words that no title and no person has any more, beside writers; how many.

    Which may be gone is asked over all documents. Then a few at a time are locked and looked for again: who wrote one
    since has it kept from the lock until the commit, and who comes later finds it gone and adds it.
    """
    removed = 0
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(USED)
        try:
            cursor.execute(UNUSED)
            unused = [word for (word,) in cursor.fetchall()]
        finally:
            cursor.execute("DROP TABLE words_used")
    for start in range(0, len(unused), AT_ONCE):
        with transaction.atomic(using=CATALOG):
            removed += _prune(unused[start : start + AT_ONCE])
    return removed


def _prune(words: Sequence[str]) -> int:
    rows = SearchWord.objects.using(CATALOG).filter(word__in=words).order_by("word")
    locked = set(rows.select_for_update().values_list("word", flat=True))
    asked = any_of(sorted(locked))
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(SAYING.format(asked.text), asked.parameters)
        used = words_in(text for row in cursor.fetchall() for text in row)
    return SearchWord.objects.using(CATALOG).filter(word__in=locked - used).delete()[0]


@dataclass(frozen=True)
class Neighbours:
    """What a word may have been meant for, itself not among it.

    `words` are one slip away, the likeliest first; `forms` are it and the word next to it written as one
    (spiderman), or its two parts that are words themselves with a blank between (spider man).
    """

    words: Sequence[str]
    forms: Sequence[str]


def neighbours_of(words: Sequence[str], *, most: int) -> list[Neighbours]:
    """For each of these folded words, which stand in this order, at most `most` neighbours: one query.

    A slip is a letter dropped, added, replaced or swapped with its neighbour; a word of `LONG` letters may have two
    where both words less one letter are the same.
    """
    asked = [word for word in words if len(word) <= LONGEST]
    forms = [[*_pairs(words, place), *_parts(word)] for place, word in enumerate(words)]
    whole = sorted({word for each in forms for form in each for word in form.split()})
    spellings = sorted({spelling for word in asked for spelling in spellings_of(word)})
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(NEAR, {"spellings": spellings, "words": whole})
        found = {word for (word,) in cursor.fetchall()}
    return [
        Neighbours(_nearest(word, found, most), [form for form in each if found.issuperset(form.split())])
        for word, each in zip(words, forms, strict=True)
    ]


def _nearest(word: str, found: Collection[str], most: int) -> list[str]:
    limit = 1 if len(word) < LONG else 2
    near = [
        (distance, other[0] != word[0], abs(len(other) - len(word)), other)
        for other, distance, _ in process.extract_iter(
            word, found, scorer=OSA.distance, processor=None, score_cutoff=limit
        )
        if distance
    ]
    return [other for *_, other in sorted(near)[:most]]


def _pairs(words: Sequence[str], place: int) -> list[str]:
    """This word with the one before it, and with the one behind it."""
    return ["".join(words[first : first + 2]) for first in (place - 1, place) if 0 <= first < len(words) - 1]


def _parts(word: str) -> list[str]:
    if len(word) > LONGEST:
        return []
    return [f"{word[:place]} {word[place:]}" for place in range(2, len(word) - 1)]
