"""`/`: what this is, how it feels, a search, and what is watched today.

The page answers whatever is away: a store that does not answer is named in its table, what comes from it is left out.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from catalog.languages import Chain
from catalog.listing import ListQuery, facets_of
from catalog.search.searching import search_page
from catalog.selectors import title_cards
from catalog.serializers.search import LONGEST_QUESTION
from catalog.visibility import Audience
from streaming.gateway.site.rendering import page, spoken
from streaming.stores.cache import read_through
from streaming.stores.outage import optional
from streaming.stores.probes import probe_all
from trending.selectors import trending_today

PROBE_LIMIT = timedelta(milliseconds=80)  # six stores, one after the other, within the page's time
STORES_SECONDS = 5  # visitors do not each ask all stores
PART_LIMIT = timedelta(milliseconds=250)
SEARCH_LIMIT = timedelta(milliseconds=600)
WATCHED = 12
FOUND = 48


class SearchForm(forms.Form):
    q = forms.CharField(required=False, max_length=LONGEST_QUESTION)


@page
def home(request: HttpRequest) -> HttpResponse:
    chain = spoken(request)
    away: list[str] = []
    form = SearchForm(request.GET)
    asked = form.cleaned_data["q"] if form.is_valid() else ""
    stores = read_through("site:stores", _stores, seconds=STORES_SECONDS)
    found = None
    if asked:
        found = optional("search", lambda: _found(asked, chain), limit=SEARCH_LIMIT, degraded=away)
    context = {
        "q": asked,
        "problem": _problem(form, searched="search" not in away),
        "results": found and found[0],
        "more": found and found[1],
        "stores": stores,
        "answering": sum(store["ok"] for store in stores),
        "counted": optional("titles", _titles_by_type, limit=PART_LIMIT, degraded=away),
        "watched": optional("trending", lambda: _watched(chain), limit=PART_LIMIT, degraded=away),
    }
    return render(request, "site/home.html", context)


def _problem(form: SearchForm, *, searched: bool) -> str:
    if not form.is_valid():
        return f"Search for at most {LONGEST_QUESTION} plain characters."
    return "" if searched else "The search does not answer just now: reload the page in a few seconds."


def _stores() -> list[dict[str, Any]]:
    """How each feels. Which versions they are of is not told here: operators ask `manage.py status`."""
    return [
        {"store": probe.store, "ok": probe.ok, "milliseconds": probe.milliseconds}
        for probe in probe_all(PROBE_LIMIT)
    ]


def _titles_by_type() -> dict[str, Any]:
    """What the list says of itself: public titles of each type and of all, estimated where they are very many."""
    counted = facets_of(query=ListQuery(), facets=["type"])["type"]
    return {**counted, "total": sum(each["count"] for each in counted["values"])}


def _found(asked: str, chain: Chain) -> tuple[list[dict[str, Any]], bool]:
    """Cards, and whether there are more."""
    cards, last = search_page(text=asked, audience=Audience.now(), limit=FOUND, after=None, chain=chain)
    return cards, last is not None


def _watched(chain: Chain) -> list[dict[str, Any]]:
    """The most viewed titles of today, as cards."""
    rows = trending_today(today=datetime.now(UTC).date(), limit=WATCHED)
    return title_cards(content_ids=[row["content_id"] for row in rows], chain=chain)
