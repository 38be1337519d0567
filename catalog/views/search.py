"""Finding titles by what somebody typed. Public reads do not look at `Authorization`."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from catalog.audience import audience_of
from catalog.search.ranking import Hit, Tier
from catalog.search.searching import search_page
from catalog.search.suggesting import suggestions
from catalog.serializers.search import (
    SearchPageSerializer,
    SearchQuery,
    SuggestionsSerializer,
    SuggestQuery,
)
from catalog.views.languages import chain_for, language_headers, languages_of
from streaming.api.conditional import conditional_json
from streaming.api.inputs import query_of
from streaming.api.pages import cursor_of, finite, next_url, parse_cursor, question_of, whole_number


class SearchView(APIView):
    authentication_classes = ()

    @extend_schema(operation_id="search", parameters=[SearchQuery], responses={200: SearchPageSerializer})
    def get(self, request: Request) -> HttpResponse:
        """Titles by their names in every language, by people and texts, the best first; a typo finds them too."""
        query = query_of(request, SearchQuery)
        question = question_of("search", query["q"])
        after = parse_cursor(query.get("cursor"), question, _tier, finite, finite, _id)
        cards, last = search_page(
            text=query["q"],
            audience=audience_of(query),
            limit=query["limit"],
            after=Hit(*after) if after else None,
            chain=chain_for(request, query),
        )
        following = next_url(request, cursor_of(question, *last) if last else None)
        headers = language_headers(query, languages_of(cards))
        return conditional_json(request, {"results": cards, "next": following}, headers=headers)


class SuggestView(APIView):
    authentication_classes = ()

    @extend_schema(
        operation_id="search_suggest", parameters=[SuggestQuery], responses={200: SuggestionsSerializer}
    )
    def get(self, request: Request) -> HttpResponse:
        """Up to ten titles for what was typed so far; its last word counts as a beginning."""
        query = query_of(request, SuggestQuery)
        found = suggestions(
            text=query["q"],
            audience=audience_of(query),
            limit=query["limit"],
            chain=chain_for(request, query),
        )
        headers = language_headers(query, languages_of(found))
        return conditional_json(request, {"results": found}, headers=headers)


def _tier(text: str) -> Tier:
    return Tier(whole_number(text))


def _id(text: str) -> str:
    return str(UUID(text))
