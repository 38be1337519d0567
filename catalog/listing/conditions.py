"""A `ListQuery` as conditions on search documents, one for each parameter, so that facets can leave one out.

Names of genres, keywords and studios are looked up here: case does not matter, a name of digits only is an id, and one
that there is not is `Unreadable`: a list that is empty by a typo would look like an answer. To the public there is none
either that only hidden titles have: `catalog.listing.naming`. People are given by id; an unknown one has no titles, a
merged one stands for whom they were merged into.

Entry points: `conditions`; `is_id`, `keys_by_text`, `unknown_names` and `NAMING` for `naming`. Failure: `Unreadable`,
`django.db.Error`s.
"""

from collections.abc import Container, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from catalog.listing.vocabulary import Choice, ListQuery, Range, Unreadable
from catalog.models import Genre, Keyword, Person, Studio
from catalog.models.search import RATING_FALLING, YEAR_FALLING
from catalog.terms import Term, ids_in_document

Conditions = dict[str, Q]

# The parameters that take names of each.
NAMING: Mapping[type[Term], tuple[str, ...]] = {
    Genre: ("genre", "not_genre"),
    Keyword: ("keyword",),
    Studio: ("studio",),
}
COLUMNS = {
    **{name: ids_in_document(model) for model, names in NAMING.items() for name in names},
    "person": "person_ids",
    "country": "countries",
}


def conditions(query: ListQuery) -> Conditions:
    """Parameter to condition, of those that are asked for; a query for each kind of name, and one for people."""
    choices = _choices(query)
    found = {name: _of_array(COLUMNS[name], values, every) for name, (values, every) in choices.items()}
    if "not_genre" in found:
        found["not_genre"] = ~found["not_genre"]
    if query.type is not None:
        found["type"] = Q(content_type__in=query.type.values)
    if query.year is not None:
        found["year"] = _between(YEAR_FALLING, query.year)
    if query.runtime is not None:
        found["runtime"] = _runtime(query.runtime)
    if query.rating_gte is not None:
        found["rating_gte"] = Q(GreaterThanOrEqual(RATING_FALLING, query.rating_gte))
    return found


def _choices(query: ListQuery) -> dict[str, tuple[list[Any], bool]]:
    """Parameter to the keys it asks for, and whether a title is to have all of them."""
    found: dict[str, tuple[list[Any], bool]] = {}
    unknown: dict[str, str] = {}
    for model, names in NAMING.items():
        asked = {name: choice for name in names if (choice := getattr(query, name)) is not None}
        keys = keys_by_text(model, {text for choice in asked.values() for text in choice.values})
        unknown |= unknown_names(model, asked, keys)
        for name, choice in asked.items():
            found[name] = ([keys[text][0] for text in choice.values if text in keys], choice.every)
    if unknown:
        raise Unreadable(unknown)
    if query.country is not None:
        found["country"] = (list(query.country.values), query.country.every)
    if query.person is not None:
        found["person"] = (_people(query.person), query.person.every)
    return found


def unknown_names(model: type[Term], asked: Mapping[str, Choice], known: Container[str]) -> dict[str, str]:
    """Parameter to what is wrong with it, of those that ask for more than the known texts."""
    missing = {name: [text for text in choice.values if text not in known] for name, choice in asked.items()}
    return {
        name: f"There is no {model._meta.verbose_name} {', '.join(texts)}."
        for name, texts in missing.items()
        if texts
    }


def is_id(text: str) -> bool:
    return text.isascii() and text.isdigit()


def keys_by_text(model: type[Term], texts: Iterable[str]) -> dict[str, list[int]]:
    """Text to the keys that it may mean, of those that there are. Of names that differ in case alone the one spelled
    like the text is the first."""
    texts = set(texts)
    if not texts:
        return {}
    ids = set(filter(is_id, texts))
    condition = Q(pk__in=[int(text) for text in ids if len(text) <= 18])
    for text in texts - ids:
        condition |= Q(name__iexact=text)
    names = dict(model._default_manager.filter(condition).order_by("pk").values_list("pk", "name"))
    found = {text: _meant(text, names, is_id=text in ids) for text in texts}
    return {text: keys for text, keys in found.items() if keys}


def _meant(text: str, names: Mapping[int, str], *, is_id: bool) -> list[int]:
    if is_id:
        return [key for key in names if key == int(text)]
    alike = [key for key, name in names.items() if name.upper() == text.upper()]
    return sorted(alike, key=lambda key: names[key] != text)


def _people(choice: Choice) -> list[UUID]:
    ids = [UUID(text) for text in choice.values]
    merged = Person.objects.filter(person_id__in=ids, merged_into__isnull=False).order_by()
    into = dict(merged.values_list("person_id", "merged_into_id"))
    return [into.get(person_id, person_id) for person_id in ids]


def _of_array(column: str, values: list[Any], every: bool) -> Q:
    return Q(**{f"{column}__{'contains' if every else 'overlap'}": values})


def _between(known: Any, wanted: Range) -> Q:
    """What is unknown lies in no range, also not in an open one: the column has 0 there."""
    condition = Q(GreaterThanOrEqual(known, 1 if wanted.low is None else wanted.low))
    return condition if wanted.high is None else condition & Q(LessThanOrEqual(known, wanted.high))


def _runtime(wanted: Range) -> Q:
    condition = Q(runtime__isnull=False) if wanted.low is None else Q(runtime__gte=wanted.low)
    return condition if wanted.high is None else condition & Q(runtime__lte=wanted.high)
