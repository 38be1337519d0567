"""Published collections and their titles.

Public reads do not look at `Authorization`.
"""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

from catalog.audience import audience_of
from catalog.listing.collections import (
    collection_titles,
    collections_after,
    place_reader,
    published_collection,
)
from catalog.models import Collection
from catalog.serializers.collections import (
    CollectionsQuery,
    CollectionsSerializer,
    CollectionTitlesSerializer,
)
from catalog.serializers.listing import PageOfTitlesQuery
from catalog.views.languages import chain_for, language_headers, languages_of
from streaming.api.conditional import conditional_json
from streaming.api.inputs import query_of
from streaming.api.pages import cursor_of, next_url, parse_cursor, plain_text, question_of, split_page

BY_NAME = question_of("collections")


def _described(collection: Collection) -> dict[str, Any]:
    return {
        "collection_id": collection.collection_id,
        "name": collection.name,
        "summary": collection.summary,
    }


class CollectionsView(APIView):
    authentication_classes = ()

    @extend_schema(
        operation_id="collections", parameters=[CollectionsQuery], responses={200: CollectionsSerializer}
    )
    def get(self, request: Request) -> HttpResponse:
        """Published collections by name; the next page is at `next`."""
        query = query_of(request, CollectionsQuery)
        after = parse_cursor(query.get("cursor"), BY_NAME, plain_text, UUID)
        rows = collections_after(after=(after[0], after[1]) if after else None, limit=query["limit"] + 1)
        page, last = split_page(rows, query["limit"])
        cursor = cursor_of(BY_NAME, last.name, last.collection_id) if last else None
        body = {"results": list(map(_described, page)), "next": next_url(request, cursor)}
        return conditional_json(request, body)


class CollectionView(APIView):
    authentication_classes = ()

    @extend_schema(
        operation_id="collection_read",
        parameters=[PageOfTitlesQuery],
        responses={200: CollectionTitlesSerializer},
    )
    def get(self, request: Request, collection_id: UUID) -> HttpResponse:
        """A published collection and its public titles, in its order; the next page is at `next`."""
        query = query_of(request, PageOfTitlesQuery)
        collection = published_collection(collection_id=collection_id)
        if collection is None:
            raise NotFound("There is no such collection.")
        question = question_of("collection", collection_id, collection.rule)
        after = parse_cursor(query.get("cursor"), question, place_reader(collection), UUID)
        page = collection_titles(
            collection=collection,
            audience=audience_of(query),
            limit=query["limit"],
            after=(after[0], after[1]) if after else None,
            chain=chain_for(request, query),
        )
        following = cursor_of(question, *page.last) if page.last else None
        body = {"results": page.results, "next": next_url(request, following)}
        headers = language_headers(query, languages_of(page.results))
        return conditional_json(request, {**_described(collection), **body}, headers=headers)
