"""The languages of a request, and what an answer says of its own in headers."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rest_framework.request import Request

from catalog.languages import Chain, chain_of, languages_accepted


def chain_for(request: Request, query: Mapping[str, Any]) -> Chain:
    """Where to look for texts, of a query that `LanguageQuery` or a subclass has validated."""
    named = query.get("lang")
    if named is None:
        named = languages_accepted(request.headers.get("Accept-Language", ""))
    return chain_of(named)


def languages_of(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Those of all texts of a list's rows, for `language_headers`."""
    return (language for row in rows for language in row["languages"].values())


def language_headers(query: Mapping[str, Any], languages: Iterable[str]) -> dict[str, str]:
    """`Vary`, unless the address itself names the languages; `Content-Language`, where all texts are of one.

    `languages` are those of the answer's texts, as `catalog.languages` says them.
    """
    headers = {} if "lang" in query else {"Vary": "Accept-Language"}
    spoken = set(languages)
    return headers | ({"Content-Language": spoken.pop()} if len(spoken) == 1 and "" not in spoken else {})
