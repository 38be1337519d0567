"""Names as the public knows them: those of what some title has that anybody may see now.

A list by a genre, keyword or studio that only hidden titles have would be empty, and one by a name that there is not is
refused: whoever asked would learn which of the two it is. To the public both are a name that there is not. The rules of
collections are the editors', who know them all.

Entry points: `public_list`, `name_asked`. Failure: `Unreadable`, `django.db.Error`s.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from django.db.models import BigIntegerField, CharField, Value

from catalog.languages import Chain
from catalog.listing.conditions import NAMING, is_id, keys_by_text, unknown_names
from catalog.listing.titles import Page, titles_list
from catalog.listing.vocabulary import Choice, ListQuery, Unreadable
from catalog.models import SearchDocument
from catalog.orders import Place
from catalog.terms import Term, ids_in_document
from catalog.visibility import Audience

Keys = dict[str, list[int]]  # text to what it may mean, the likeliest first


def public_list(
    *, query: ListQuery, limit: int, after: Place | None = None, chain: Chain = ()
) -> tuple[ListQuery, Page]:
    """The page of `titles_list`, and the question that it answers, whose names are all known to the public.

    Queries as of `titles_list`. Where its titles do not show by themselves that somebody may see one of each name
    (none are found, or there are names that a title need not have), one more for each kind of name and one for all;
    where of names that differ in case alone another one is meant, the list again.
    """
    try:
        page = titles_list(query=query, limit=limit, after=after, chain=chain)
    except Unreadable:
        _as_public_knows(query)  # refuses hidden names and unknown ones together
        raise
    if page.results and _has_all_it_names(query):
        return query, page
    known = _as_public_knows(query)
    if known != query:
        page = titles_list(query=known, limit=limit, after=after, chain=chain)
    return known, page


def name_asked(parameter: str, text: str) -> str:
    """The name that a list's text stands for, by a query where that is an id. Ask it of what `public_list` answered;
    what was deleted since is `Unreadable`."""
    if not is_id(text):
        return text
    (model,) = (model for model, names in NAMING.items() if parameter in names)
    name = model._default_manager.filter(pk=int(text)).values_list("name", flat=True).first()
    if name is None:
        raise Unreadable(unknown_names(model, {parameter: Choice((text,), every=True)}, ()))
    return name


def _asked(query: ListQuery, names: Collection[str]) -> dict[str, Choice]:
    return {name: choice for name in names if (choice := getattr(query, name)) is not None}


def _has_all_it_names(query: ListQuery) -> bool:
    """Whether a title that is found has everything that the question names."""
    return all(
        choice.every and name != "not_genre"
        for names in NAMING.values()
        for name, choice in _asked(query, names).items()
    )


def _as_public_knows(query: ListQuery) -> ListQuery:
    """Of what a name may mean, what the public knows; by its id where that is not the likeliest. Raises `Unreadable`
    for names of nothing that it knows."""
    meant = {model: keys_by_text(model, _texts(query, names)) for model, names in NAMING.items()}
    public = _of_public(meant)
    known: dict[str, Any] = {}
    unknown: dict[str, str] = {}
    for model, names in NAMING.items():
        asked, keys = _asked(query, names), public[model]
        unknown |= unknown_names(model, asked, keys)
        given = {
            text: text if keys[text][0] == meant[model][text][0] else str(keys[text][0]) for text in keys
        }
        for name, choice in asked.items():
            known[name] = replace(choice, values=tuple(given.get(text, text) for text in choice.values))
    if unknown:
        raise Unreadable(unknown)
    return replace(query, **known)


def _texts(query: ListQuery, names: Collection[str]) -> set[str]:
    return {text for choice in _asked(query, names).values() for text in choice.values}


def _of_public(meant: Mapping[type[Term], Keys]) -> dict[type[Term], Keys]:
    """Those keys that a title has which anybody may see, in one statement; no texts that are left with none."""
    public = SearchDocument.objects.public(Audience.now()).order_by()
    columns = {model: ids_in_document(model) for model in meant}
    first_of_each = [
        public.filter(**{f"{columns[model]}__contains": [key]}).values_list(
            Value(columns[model], CharField()), Value(key, BigIntegerField())
        )[:1]
        for model, keys in meant.items()
        for key in {key for some in keys.values() for key in some}
    ]
    shown: set[Any] = set(first_of_each[0].union(*first_of_each[1:], all=True)) if first_of_each else set()
    return {
        model: {
            text: left
            for text, some in keys.items()
            if (left := [key for key in some if (columns[model], key) in shown])
        }
        for model, keys in meant.items()
    }
