"""Conditions of a search as SQL with its parameters, and the statement that puts tiers of them together.

By hand, because one search is five conditions and the ORM takes longer to say them than PostgreSQL to answer; who may
see a title is compiled from the one rule (`GateQuerySet.public`) once a search.

What somebody typed reaches PostgreSQL only as folded words, each in quotation marks, through `websearch_to_tsquery`:
`or`, `-` and quotation marks of a title are no operators there.

Entry points: `all_of`, `any_of`, `both`, `as_beginnings`, `but_in_summaries`, `Tiers`. Failure: `django.db.Error`s.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connections

from catalog.models import SearchDocument
from catalog.orders import Place
from catalog.visibility import Audience
from streaming.stores.aliases import CATALOG


class Sql(NamedTuple):
    """A part of a statement and what it is given."""

    text: str
    parameters: tuple[Any, ...]


ASKED = "websearch_to_tsquery('simple', %s)"
# Folded words have no quotation marks, so that none of them is taken for one around a word.
MARKED = "regexp_replace({}::text, '''([^'']+)''', '''\\1''{}', 'g')::tsquery"


def all_of(words: Iterable[str]) -> Sql:
    """Every one of these words, in any order."""
    return Sql(ASKED, (" ".join(f'"{word}"' for word in words),))


def any_of(phrases: Iterable[str]) -> Sql:
    """One of these words; of several with blanks between, those next to each other."""
    return Sql(ASKED, (" or ".join(f'"{phrase}"' for phrase in phrases),))


def both(queries: Sequence[Sql]) -> Sql:
    """What each of these, one or more, asks for."""
    together = " && ".join(query.text for query in queries)
    return Sql(f"({together})", tuple(value for query in queries for value in query.parameters))


def as_beginnings(query: Sql) -> Sql:
    """The words may go on."""
    return Sql(MARKED.format(query.text, ":*"), query.parameters)


def but_in_summaries(query: Sql) -> Sql:
    """The words in titles, people, genres or keywords."""
    return Sql(MARKED.format(query.text, ":ABC"), query.parameters)


class Tiers:
    """Conditions asked together, each for its `most` popular titles that the audience may see; None sees all.

    Each names itself by a number. Its rows are that number, `content_id`, `popularity` and `keys`.
    """

    def __init__(self, audience: Audience | None, *, most: int) -> None:
        documents = SearchDocument.objects.all()
        seen = documents.public(audience) if audience else documents.filter(content_id__isnull=False)
        text, parameters = seen.order_by().values_list("content_id").query.sql_with_params()
        self._seen = Sql(text[text.index(" FROM ") :], tuple(parameters))
        self._most = most
        self._branches: list[Sql] = []

    def add(
        self,
        number: int,
        condition: str,
        query: Sql,
        *,
        better: tuple[int, Sql] | None = None,
        until: Place | None = None,
        by_words: bool = False,
    ) -> None:
        """`condition` compares a column with the query, put in place of `{}`. `better` is the number of those rows that
        a narrower query finds as well. `until` leaves out what is less popular than that place. With `by_words`
        titles are found by the index of words alone, never by walking along the popular ones.
        """
        named = Sql(str(int(number)), ())
        if better is not None:
            other, narrower = better
            named = Sql(
                f"CASE WHEN {condition.format(narrower.text)} THEN {other} ELSE {number} END",
                narrower.parameters,
            )
        popular = Sql("", ()) if until is None else Sql(" AND (popularity, content_id) >= (%s, %s)", until)
        order = "popularity + 0" if by_words else "popularity"  # no index is of an expression
        self._branches.append(
            Sql(
                f"(SELECT {named.text}, content_id, popularity, keys{self._seen.text}"
                f" AND {condition.format(query.text)}{popular.text}"
                f" ORDER BY {order} DESC, content_id DESC LIMIT {self._most})",
                (*named.parameters, *self._seen.parameters, *query.parameters, *popular.parameters),
            )
        )

    @property
    def statement(self) -> Sql:
        """Of what was added, one or more."""
        return Sql(
            " UNION ALL ".join(branch.text for branch in self._branches),
            tuple(value for branch in self._branches for value in branch.parameters),
        )

    def rows(self) -> list[tuple[Any, ...]]:
        if not self._branches:
            return []
        with connections[CATALOG].cursor() as cursor:
            cursor.execute(*self.statement)
            return cursor.fetchall()
