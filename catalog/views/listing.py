"""The list of titles with its filters and facets.

Public reads do not look at `Authorization`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from catalog.listing import ListQuery, Unreadable, facets_of, list_query, titles_list
from catalog.serializers.listing import ContentListQuery, ContentListSerializer
from streaming.api.conditional import conditional_json
from streaming.api.inputs import query_of
from streaming.api.pages import next_url

BESIDE = ("limit", "cursor", "facets")  # parameters that say nothing of which titles


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
            page = titles_list(query=asked, limit=query["limit"], cursor=query.get("cursor"))
            facets = facets_of(query=asked, facets=query.get("facets", ()))
        body: dict[str, Any] = {"results": page.results, "next": next_url(request, page.cursor)}
        if "facets" in query:
            body["facets"] = {name: counted["values"] for name, counted in facets.items()}
            body["estimated"] = [name for name, counted in facets.items() if counted["estimated"]]
        return conditional_json(request, body)
