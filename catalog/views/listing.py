"""Lists of titles: by what they are, with facets; by likeness; and the terms to list them by.

Public reads do not look at `Authorization`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from catalog.audience import audience_of
from catalog.listing import ListQuery, Unreadable, facets_of, list_query, public_list
from catalog.orders import ORDERS
from catalog.serializers.audience import AudienceQuery
from catalog.serializers.listing import (
    ContentListQuery,
    ContentListSerializer,
    SimilarQuery,
    SimilarSerializer,
    TermsSerializer,
)
from catalog.similar import similar_titles
from catalog.views.languages import chain_for, language_headers, languages_of
from streaming.api.conditional import conditional_json
from streaming.api.inputs import query_of
from streaming.api.pages import cursor_of, next_url, parse_cursor, question_of

BESIDE = ("limit", "cursor", "facets", "lang")  # parameters that say nothing of which titles


@contextmanager
def unreadable_is_invalid() -> Iterator[None]:
    """What the vocabulary refuses, as the API's validation errors."""
    try:
        yield
    except Unreadable as error:
        raise ValidationError(
            {name: ErrorDetail(told, code="invalid") for name, told in error.errors.items()}
        ) from error


def _asked(query: Mapping[str, Any]) -> ListQuery:
    return list_query({name: str(value) for name, value in query.items() if name not in BESIDE})


class TermsView(APIView):
    """Of the facet that a subclass names."""

    authentication_classes = ()
    facet: str

    def get(self, request: Request) -> HttpResponse:
        query = query_of(request, AudienceQuery)
        counted = facets_of(query=_asked(query), facets=[self.facet])[self.facet]
        terms = [
            {"id": int(each["value"]), "name": each["name"], "count": each["count"]}
            for each in counted["values"]
        ]
        return conditional_json(request, {"results": terms, "estimated": counted["estimated"]})


def _terms(operation: str, told: str) -> Any:
    described = extend_schema(
        operation_id=operation, description=told, parameters=[AudienceQuery], responses={200: TermsSerializer}
    )
    return extend_schema_view(get=described)


@_terms("genres", "Genres that public titles have, with how many.")
class GenresView(TermsView):
    facet = "genre"


@_terms("keywords", "The keywords that most public titles have, with how many.")
class KeywordsView(TermsView):
    facet = "keyword"


@_terms("studios", "The studios that most public titles are of, with how many.")
class StudiosView(TermsView):
    facet = "studio"


class SimilarView(APIView):
    authentication_classes = ()

    @extend_schema(
        operation_id="content_similar", parameters=[SimilarQuery], responses={200: SimilarSerializer}
    )
    def get(self, request: Request, content_id: UUID) -> HttpResponse:
        """Public titles that share people, keywords or genres with this one, the most similar first, and why."""
        query = query_of(request, SimilarQuery)
        found = similar_titles(
            content_id=content_id,
            audience=audience_of(query),
            limit=query["limit"],
            chain=chain_for(request, query),
        )
        if found is None:
            raise NotFound("There is no such title.")
        headers = language_headers(query, languages_of(found))
        return conditional_json(request, {"results": found}, headers=headers)


class ContentListView(APIView):
    authentication_classes = ()

    @extend_schema(
        operation_id="content_list", parameters=[ContentListQuery], responses={200: ContentListSerializer}
    )
    def get(self, request: Request) -> HttpResponse:
        """Public titles by what they are, sorted; the next page is at `next`. docs/discovery.md has the vocabulary."""
        query = query_of(request, ContentListQuery)
        with unreadable_is_invalid():
            asked = _asked(query)
            question = question_of("content", asked.canonical().decode())
            after = parse_cursor(query.get("cursor"), question, ORDERS[asked.sort].read, UUID)
            known, page = public_list(
                query=asked,
                limit=query["limit"],
                after=(after[0], after[1]) if after else None,
                chain=chain_for(request, query),
            )
            facets = facets_of(query=known, facets=query.get("facets", ()))
        following = cursor_of(question, *page.last) if page.last else None
        body: dict[str, Any] = {"results": page.results, "next": next_url(request, following)}
        if "facets" in query:
            body["facets"] = {name: counted["values"] for name, counted in facets.items()}
            body["estimated"] = [name for name, counted in facets.items() if counted["estimated"]]
        headers = language_headers(query, languages_of(page.results))
        return conditional_json(request, body, headers=headers)
