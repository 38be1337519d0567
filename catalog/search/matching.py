"""Parts of a search as SQL with their parameters: queries for words, and conditions of search documents.

By hand, because one search is five conditions and the ORM takes longer to say them than PostgreSQL to answer.

What somebody typed reaches PostgreSQL only as folded words, each in quotation marks, through `websearch_to_tsquery`:
`or`, `-` and quotation marks of a title are no operators there.

Entry points: the queries `query_of`, `any_of`, `both`, `as_beginnings`, `but_in_summaries`; the conditions `in_column`,
`looked_at`, `has_key`, `has_one_key`, `as_popular_as`, `each_of`, `either`. No failure.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from catalog.orders import Place
from catalog.search.shares import Words


class Sql(NamedTuple):
    """A part of a statement and what it is given."""

    text: str
    parameters: tuple[Any, ...]


ASKED = "websearch_to_tsquery('simple', %s)"
# Folded words have no quotation marks, so that none of them is taken for one around a word.
MARKED = "regexp_replace({}::text, '''([^'']+)''', '''\\1''{}', 'g')::tsquery"


def any_of(phrases: Iterable[str]) -> Sql:
    """One of these words; of several with blanks between, those next to each other."""
    return Sql(ASKED, (" or ".join(f'"{phrase}"' for phrase in phrases),))


def both(queries: Sequence[Sql]) -> Sql:
    """What each of these, one or more, asks for."""
    return _joined(" && ", queries)


def as_beginnings(query: Sql) -> Sql:
    """The words may go on."""
    return Sql(MARKED.format(query.text, ":*"), query.parameters)


def but_in_summaries(query: Sql) -> Sql:
    """The words in titles, people, genres or keywords."""
    return Sql(MARKED.format(query.text, ":ABC"), query.parameters)


def query_of(words: Words) -> Sql:
    """All of the words, in any order, each by one of its choices."""
    *before, last = map(any_of, words.choices)
    return both([*before, as_beginnings(last) if words.begins else last])


def in_column(column: str, query: Sql) -> Sql:
    """Found by the column's index of words."""
    return Sql(f"{column} @@ {query.text}", query.parameters)


def looked_at(column: str, query: Sql) -> Sql:
    """The same of titles that are looked at one by one: no index knows the operator's function."""
    return Sql(f"ts_match_vq({column}, {query.text})", query.parameters)


def has_key(key: str) -> Sql:
    """A title of the title is this, whole."""
    return Sql("keys @> %s", ([key],))


def has_one_key(keys: Sequence[str]) -> Sql:
    return Sql("keys && %s", (list(keys),))


def as_popular_as(place: Place) -> Sql:
    """Or more popular."""
    return Sql("(popularity, content_id) >= (%s, %s)", place)


def each_of(*conditions: Sql) -> Sql:
    return _joined(" AND ", conditions)


def either(one: Sql, other: Sql) -> Sql:
    return _joined(" OR ", (one, other))


def _joined(between: str, parts: Sequence[Sql]) -> Sql:
    text = between.join(part.text for part in parts)
    return Sql(f"({text})", tuple(value for part in parts for value in part.parameters))
