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
from catalog.models import Collection
from catalog.selectors.collections import collection_titles, collections_after, published_collection
from catalog.serializers.collections import (
    CollectionsQuery,
    CollectionsSerializer,
    CollectionTitlesSerializer,
)
from catalog.serializers.listing import PageOfTitlesQuery
from catalog.views.languages import chain_for, language_headers, languages_of
from streaming.api.conditional import conditional_json
from streaming.api.inputs import query_of
from streaming.api.pages import cursor_of, exactly, next_url, parse_cursor, plain_text, split_page

BY_NAME = "collections by name"  # whose cursor it is


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
        after = parse_cursor(query.get("cursor"), exactly(BY_NAME), plain_text, UUID)
        rows = collections_after(after=(after[1], after[2]) if after else None, limit=query["limit"] + 1)
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
        page = collection_titles(
            collection=collection,
            audience=audience_of(query),
            limit=query["limit"],
            cursor=query.get("cursor"),
            chain=chain_for(request, query),
        )
        body = {"results": page.results, "next": next_url(request, page.cursor)}
        headers = language_headers(query, languages_of(page.results))
        return conditional_json(request, {**_described(collection), **body}, headers=headers)
