"""`/titles?genre=Drama`: the public titles of a genre, keyword or studio, the most popular first, page after page.

As `GET /content` lists them, without its other filters. What no public title has is a page that there is not.
"""

from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from rest_framework.exceptions import ValidationError

from catalog.listing import LONGEST_NAME, Choice, ListQuery, Unreadable, name_asked, public_list
from catalog.orders import ORDERS, Place
from streaming.api.pages import LONGEST_CURSOR, cursor_of, parse_cursor, question_of
from streaming.gateway.site.rendering import page, spoken

SHOWN = 48
TERMS = ("genre", "keyword", "studio")


class TermsForm(forms.Form):
    """A name is taken whole, commas and bars too: the API's signs for several have no meaning here."""

    genre = forms.CharField(required=False, max_length=LONGEST_NAME)
    keyword = forms.CharField(required=False, max_length=LONGEST_NAME)
    studio = forms.CharField(required=False, max_length=LONGEST_NAME)
    cursor = forms.CharField(required=False, max_length=LONGEST_CURSOR)


@page
def titles(request: HttpRequest) -> HttpResponse:
    asked = _asked(request.GET)
    names = {term: asked[term] for term in TERMS if asked[term]}
    chosen: dict[str, Any] = {term: Choice((name,), every=True) for term, name in names.items()}
    query = ListQuery(**chosen)
    question = question_of("titles", query.canonical().decode())
    try:
        _, shown = public_list(
            query=query, limit=SHOWN, after=_place(asked["cursor"], question, query), chain=spoken(request)
        )
        told = {term: name_asked(term, name) for term, name in names.items()}
    except Unreadable as error:
        raise Http404 from error
    following = QueryDict(mutable=True)
    if shown.last:
        following.update(names | {"cursor": cursor_of(question, *shown.last)})
    context = {"names": told, "cards": shown.results, "following": following.urlencode()}
    return render(request, "site/titles.html", context)


def _asked(given: QueryDict) -> dict[str, Any]:
    form = TermsForm(given)
    if not form.is_valid():
        raise Http404
    return form.cleaned_data


def _place(cursor: str, question: str, query: ListQuery) -> Place | None:
    try:
        after = parse_cursor(cursor or None, question, ORDERS[query.sort].read, UUID)
    except ValidationError as error:
        raise Http404 from error
    return (after[0], after[1]) if after else None
