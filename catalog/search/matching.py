"""Conditions of a search as SQL with its parameters, and the statement that puts tiers of them together.

By hand, because one search is five conditions and the ORM takes longer to say them than PostgreSQL to answer; who may
see a title is compiled from the one rule (`GateQuerySet.public`) once a search.

What somebody typed reaches PostgreSQL only as folded words, each in quotation marks, through `websearch_to_tsquery`:
`or`, `-` and quotation marks of a title are no operators there.

Entry points: queries are `all_of`, `any_of`, `both`, `as_beginnings`, `but_in_summaries`; conditions `has_key`,
`has_one_key`, `in_titles`, `in_names`, `anywhere`, `in_popular_titles`, `either`; `Tiers`. Failure: `django.db.Error`s.
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


def has_key(key: str) -> Sql:
    """This is a title of the title, whole."""
    return Sql("keys @> %s", ([key],))


def has_one_key(keys: Sequence[str]) -> Sql:
    return Sql("keys && %s", (list(keys),))


def in_titles(query: Sql) -> Sql:
    return Sql(f"titles @@ {query.text}", query.parameters)


def in_names(query: Sql) -> Sql:
    """In titles and people."""
    return Sql(f"named @@ {query.text}", query.parameters)


def anywhere(query: Sql) -> Sql:
    return Sql(f"document @@ {query.text}", query.parameters)


def in_popular_titles(query: Sql, until: Place) -> Sql:
    """In those titles that are as popular as that place or more, of which each is looked at.

    By the operator's function, which no index knows: of a short beginning PostgreSQL would read from the index of words
    each of the titles that have it, to find out which of them are among the popular.
    """
    return Sql(
        f"ts_match_vq(titles, {query.text}) AND (popularity, content_id) >= (%s, %s)",
        (*query.parameters, *until),
    )


def either(one: Sql, other: Sql) -> Sql:
    return Sql(f"({one.text} OR {other.text})", (*one.parameters, *other.parameters))


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
        condition: Sql,
        *,
        better: tuple[int, Sql] | None = None,
        better_first: bool = False,
        walked: bool = True,
    ) -> None:
        """`better` is the number of those rows of which a narrower condition holds too, and that condition;
        `better_first` takes these before the popular ones. Not `walked`, titles are found by the condition's index
        alone and never by walking along the popular ones.
        """
        named, first = Sql(str(int(number)), ()), Sql("", ())
        if better is not None:
            other, narrower = better
            named = Sql(
                f"CASE WHEN {narrower.text} THEN {other} ELSE {number} END",
                narrower.parameters,
            )
            if better_first:
                first = Sql(f"({narrower.text}) DESC, ", narrower.parameters)
        popularity = "popularity" if walked else "popularity + 0"  # no index is of an expression
        self._branches.append(
            Sql(
                f"(SELECT {named.text}, content_id, popularity, keys{self._seen.text} AND {condition.text}"
                f" ORDER BY {first.text}{popularity} DESC, content_id DESC LIMIT {self._most})",
                (*named.parameters, *self._seen.parameters, *condition.parameters, *first.parameters),
            )
        )

    @property
    def statement(self) -> Sql:
        """Of what was added, one or more. On Citus each condition goes to all shards by itself."""
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
