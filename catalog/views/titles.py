"""The catalog's own endpoints: ids, one title, its cast.

Public reads do not look at `Authorization`: a stale token, or the analytics primary being away, stops none.
"""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

from catalog.audience import audience_of
from catalog.languages import Chain
from catalog.selectors import ContentRecord, content_ids_after, content_record
from catalog.serializers.audience import AudienceQuery
from catalog.serializers.titles import CastSerializer, IdsQuery, MetadataSerializer, TitleQuery
from catalog.views.languages import chain_for, language_headers
from catalog.visibility import Audience
from streaming.api.conditional import conditional_json
from streaming.api.inputs import query_of
from streaming.api.pages import cursor_of, next_link, parse_cursor, question_of, split_page

ALL_IDS = question_of("content ids")


def record_or_404(content_id: UUID, audience: Audience | None = None, chain: Chain = ()) -> ContentRecord:
    record = content_record(content_id=content_id, audience=audience, chain=chain)
    if record is None:
        raise NotFound("There is no such title.")
    return record


class ContentIdsView(APIView):
    authentication_classes = ()

    @extend_schema(
        operation_id="content_ids",
        parameters=[IdsQuery],
        responses={200: {"type": "array", "items": {"type": "string", "format": "uuid"}}},
    )
    def get(self, request: Request) -> HttpResponse:
        """Ids of all public titles, in id order; the next page is in `Link`."""
        query = query_of(request, IdsQuery)
        after = parse_cursor(query.get("cursor"), ALL_IDS, UUID)
        rows = content_ids_after(content_id=after[0] if after else None, limit=query["limit"] + 1)
        page, last = split_page(rows, query["limit"])
        link = next_link(request, cursor_of(ALL_IDS, last) if last else None)
        return conditional_json(request, page, headers=link)


class ContentView(APIView):
    authentication_classes = ()

    @extend_schema(
        operation_id="content_read",
        parameters=[TitleQuery],
        responses={200: MetadataSerializer},
    )
    def get(self, request: Request, content_id: UUID) -> HttpResponse:
        """One title's metadata."""
        query = query_of(request, TitleQuery)
        metadata = record_or_404(content_id, audience_of(query), chain_for(request, query))["metadata"]
        headers = language_headers(query, metadata["languages"].values())
        return conditional_json(request, metadata, headers=headers)


class CastView(APIView):
    authentication_classes = ()

    @extend_schema(
        operation_id="content_cast",
        parameters=[AudienceQuery],
        responses={200: CastSerializer(many=True)},
    )
    def get(self, request: Request, content_id: UUID) -> HttpResponse:
        """A title's credits in billing order."""
        audience = audience_of(query_of(request, AudienceQuery))
        return conditional_json(request, record_or_404(content_id, audience)["cast"])
