"""Tiers of a search put together in one statement, each for the most popular titles that it finds.

Titles that have words are found by the index of words, and sorted, or by walking along the popular titles until there
are enough, so that a word which every title has is no more work than others. Popular titles may be just those that do
not have them: a walk ends at a milestone, and where it has not brought enough until there, the index is asked instead.
Which of the two is less work is told by the share of titles that have the words (`catalog.search.shares`).

Who may see a title is compiled from the one rule (`GateQuerySet.public`) once a search. Entry point: `Tiers`. Failure:
`django.db.Error`s.
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Self

from django.db import connections

from catalog import milestones
from catalog.models import SearchDocument
from catalog.orders import Place
from catalog.search.matching import Sql, as_popular_as, each_of, either, in_column, looked_at, query_of
from catalog.search.ranking import COMPARED, Found, Tier
from catalog.search.shares import Shares, Words
from catalog.visibility import Audience
from streaming.stores.aliases import CATALOG

MARGIN = 2  # walks may go so many times as far as they should have to
BY_NUMBER = tuple(Tier)  # quicker than to look for it, of some hundred rows


@dataclass(frozen=True)
class Branch:
    """`condition` by an index, or `walked`. `better` is the tier of those rows of which a narrower condition holds too;
    `better_first` has them before more popular ones.
    """

    tier: Tier
    condition: Sql
    walked: Sql | None = None
    better: tuple[Tier, Sql] | None = None
    better_first: bool = False


class Tiers:
    """Each brings its `most` popular titles that the audience may see, with these columns `also`; None sees all."""

    def __init__(self, audience: Audience | None, *, most: int, also: Sequence[str] = ()) -> None:
        documents = SearchDocument.objects.all()
        seen = documents.public(audience) if audience else documents.filter(content_id__isnull=False)
        text, parameters = seen.order_by().values_list("content_id").query.sql_with_params()
        self._seen = Sql(text[text.index(" FROM ") :], tuple(parameters))
        self._most, self._also = most, "".join(f", {column}" for column in also)
        self._shares, self._milestones = Shares(), milestones.milestones_ahead("popularity")
        self._branches: list[Branch] = []

    def emptied(self) -> Self:
        """To be filled with what is asked next of the same titles."""
        other = copy(self)
        other._branches = []
        return other

    def add(self, tier: Tier, condition: Sql) -> None:
        """Of what few titles have, by its index."""
        self._branches.append(Branch(tier, condition))

    def add_words(
        self,
        tier: Tier,
        column: str,
        words: Words,
        *,
        narrower: tuple[Tier, Callable[[Sql], Sql]] | None = None,
        whole: tuple[Tier, Sql] | None = None,
    ) -> None:
        """Titles that have the words in a column. `narrower` is the tier of those that have them as another query
        says, `whole` of those of which another condition holds, which few do: these come too, and first.
        """
        query = query_of(words)
        branch = Branch(tier, self._by_index(column, words, query))
        if narrower is not None:
            branch = replace(branch, better=(narrower[0], in_column(column, narrower[1](query))))
        if end := self._end_of_walk(self._shares.of(words, column)):
            branch = replace(branch, walked=each_of(looked_at(column, query), as_popular_as(end)))
            if whole is not None:
                self.add(*whole)
        elif whole is not None:
            # One branch, because on Citus each goes to all shards by itself. A walk would not end early with both.
            branch = Branch(tier, either(whole[1], branch.condition), better=whole, better_first=True)
        self._branches.append(branch)

    def _end_of_walk(self, share: float) -> Place | None:
        """The first milestone with enough titles until there, if so many have the words; None where to read those that
        have them from the index is less work.
        """
        for times, milestone in enumerate(self._milestones):
            titles = milestones.FIRST << times
            if titles * share >= MARGIN * self._most:
                having = share * (milestones.FIRST << len(self._milestones))
                # A walk ends when it has enough; those of the shards, each of which is to have as many, seldom do.
                walked = titles if self._shares.distributed else titles / MARGIN
                return milestone if walked < having else None
        return None

    def _by_index(self, column: str, words: Words, query: Sql) -> Sql:
        """Behind rarer words only titles that have these are looked at for a common beginning: all that begin so are
        more than the index tells quickly.
        """
        *before, last = words.choices
        if words.begins and before:
            rarer, share = Words(before), self._shares.of(Words([last], begins=True), column)
            if share > self._shares.of(rarer, column):
                return each_of(in_column(column, query_of(rarer)), looked_at(column, query))
        return in_column(column, query)

    def found(self) -> list[Found]:
        """A title may come from several tiers."""
        rows = self._asked(self.statement())
        short = [
            place for place, branch in enumerate(self._branches) if self._fell_short(place, branch, rows)
        ]
        rows = [row for row in rows if row[0] not in short] + self._asked(self.statement(short))
        return [
            Found(BY_NUMBER[tier], content_id, popularity, keys or (), also)
            for _, tier, content_id, popularity, keys, *also in rows
        ]

    def _fell_short(self, place: int, branch: Branch, rows: list[tuple[Any, ...]]) -> bool:
        """Whether a walk ended before it had all."""
        return branch.walked is not None and sum(row[0] == place for row in rows) < self._most

    def statement(self, by_index: Sequence[int] | None = None) -> Sql:
        """Of all branches, walked where they may be; or of these places of branches, `by_index`."""
        if by_index is None:
            parts = [self._select(place, branch) for place, branch in enumerate(self._branches)]
        else:
            parts = [self._select(place, replace(self._branches[place], walked=None)) for place in by_index]
        text = " UNION ALL ".join(part.text for part in parts)
        return Sql(text, tuple(value for part in parts for value in part.parameters))

    def _select(self, place: int, branch: Branch) -> Sql:
        tier, first = Sql(str(branch.tier.value), ()), Sql("", ())
        if branch.better is not None:
            better, narrower = branch.better
            tier = Sql(
                f"CASE WHEN {narrower.text} THEN {better.value} ELSE {branch.tier.value} END",
                narrower.parameters,
            )
            if branch.better_first:
                first = Sql(f"({narrower.text}) DESC, ", narrower.parameters)
        condition = branch.walked or branch.condition
        popularity = "popularity" if branch.walked else "popularity + 0"  # no index is of an expression
        keys = "keys" if branch.tier in COMPARED else "NULL::text[]"
        return Sql(
            f"(SELECT {place}, {tier.text}, content_id::text AS id, popularity, {keys}{self._also}"
            f"{self._seen.text} AND {condition.text}"
            f" ORDER BY {first.text}{popularity} DESC, content_id DESC LIMIT {self._most})",
            (*tier.parameters, *self._seen.parameters, *condition.parameters, *first.parameters),
        )

    def _asked(self, statement: Sql) -> list[tuple[Any, ...]]:
        if not statement.text:
            return []
        with connections[CATALOG].cursor() as cursor:
            cursor.execute(*statement)
            return cursor.fetchall()
