"""How editors find titles and people by what they type: forgiving as the public search is, but whatever their status.

Titles are found by the public search itself, typos forgiven. People are found by the words of their names, of which
the last may be unfinished, through an index of words (`cast_crew_words`): surnames are found as first names are, and a
million people cost what a thousand do. Before those stand the people of the best-known titles whose names fit with
case and accents folded, so that of three hundred Johns the likely ones come first.

Entry points: `titles_found`, `people_found`, `in_this_order`. Each stops at `MOST_FOUND`. Failure: `django.db.Error`s.
"""

import unicodedata
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import F, Func, QuerySet, UUIDField, Value

from catalog.models import Person, SearchDocument
from catalog.search import searching as search
from catalog.search.folding import fold

MOST_FOUND = 200  # who has more is to type more
BEST_KNOWN = 20  # titles whose people come first
UNSPACED = (
    "\u0e00"  # Thai, and the scripts from there on: many write no blanks, so words are found within text
)


class LastUnfinished(SearchQuery):
    """A query of words, the last of which may go on."""

    def __init__(self, words: str) -> None:
        super().__init__(words, config="simple", search_type="websearch")

    def as_sql(self, *args: Any, **kwargs: Any) -> tuple[str, Any]:
        """No words are no match: `:*` alone would be an error."""
        query, parameters = super().as_sql(*args, **kwargs)
        return f"(NULLIF(({query})::text, '') || ':*')::tsquery", parameters


def titles_found(term: str) -> list[UUID]:
    """Titles as the public search finds and orders them, of any status; else such as have the text within a name."""
    found = [UUID(hit.content_id) for hit in search.titles_found(text=term, audience=None)]
    words = fold(term)
    if not found and max(words, default="") > UNSPACED:
        documents = SearchDocument.objects.filter(names__contains=words).order_by("-popularity", "content_id")
        found = list(documents.values_list("content_id", flat=True)[:MOST_FOUND])
    return found[:MOST_FOUND]


def people_found(term: str) -> list[UUID]:
    """People whose names have these words."""
    words = _words(term)
    if not words:
        return []
    named = Person.objects.order_by().annotate(words=SearchVector("name", config="simple"))
    whole = named.filter(words=SearchQuery(words, config="simple", search_type="websearch"))
    begun = named.filter(words=LastUnfinished(words))
    found = [*_known_people(words)]
    for matches in (whole, begun):
        found += matches.values_list("person_id", flat=True)[:MOST_FOUND]
    return list(dict.fromkeys(found))[:MOST_FOUND]


def in_this_order(rows: QuerySet[Any], keys: Sequence[UUID]) -> QuerySet[Any]:
    """Those of `rows` that have one of `keys`, in the order of these."""
    ordered = Value(list(keys), output_field=ArrayField(UUIDField()))
    place = Func(ordered, F("pk"), function="array_position")
    return rows.filter(pk__in=keys).order_by(place)


def _known_people(words: str) -> list[UUID]:
    folded = fold(words)
    matching = SearchDocument.objects.filter(document=LastUnfinished(folded))
    credited = matching.order_by("-popularity", "content_id").values_list("person_ids", flat=True)[
        :BEST_KNOWN
    ]
    people = [person for people in credited for person in people]
    names = dict(Person.objects.filter(person_id__in=people).order_by().values_list("person_id", "name"))
    return [person for person in dict.fromkeys(people) if _fits(folded, fold(names.get(person, "")))]


def _fits(typed: str, name: str) -> bool:
    """Whether each typed word begins a word of the name."""
    return all(any(word.startswith(part) for word in name.split()) for part in typed.split())


def _words(term: str) -> str:
    """As the index has them: no sign that PostgreSQL would read as an operator."""
    text = unicodedata.normalize("NFC", term.casefold())
    return " ".join("".join(sign if sign.isalnum() else " " for sign in text).split())
