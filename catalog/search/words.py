"""The words that titles and people are spelled with, and which of them a mistyped word may mean.

Entry points: `words_add`, `spellings_of`. Words are only ever added; `search_rebuild` takes away what no document has
any more. Failure: `django.db.Error`s.
"""

from collections.abc import Iterable

import orjson
from django.db import connections

from streaming.stores.aliases import CATALOG

SHORTEST, LONGEST = 3, 32  # characters; one letter of two says too little, and more is no word

# In the order of the key, so that two writers cannot wait for each other.
ADD = """
INSERT INTO search_words (word, spellings)
SELECT word, ARRAY(SELECT jsonb_array_elements_text(spellings)) FROM
       unnest(%s::text[], %s::jsonb[]) AS found (word, spellings) ORDER BY word
    ON CONFLICT (word) DO NOTHING
"""
KNOWN = "SELECT word FROM search_words WHERE word = ANY(%s)"


def spellings_of(word: str) -> list[str]:
    """The word, and itself less any one letter."""
    return sorted({word, *(word[:place] + word[place + 1 :] for place in range(len(word)))})


def words_in(texts: Iterable[str]) -> set[str]:
    """Of folded texts, those that are worth correcting to."""
    return {word for text in texts for word in text.split() if SHORTEST <= len(word) <= LONGEST}


def words_add(*, texts: Iterable[str]) -> None:
    """Adds the words of these folded texts that are not there."""
    words = sorted(words_in(texts))
    if not words:
        return
    with connections[CATALOG].cursor() as cursor:
        cursor.execute(KNOWN, [words])
        known = {word for (word,) in cursor.fetchall()}
        missing = [word for word in words if word not in known]
        if missing:
            cursor.execute(ADD, [missing, [orjson.dumps(spellings_of(word)).decode() for word in missing]])
