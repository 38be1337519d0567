"""A title's seasons and episodes."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

from catalog.audience import audience_of
from catalog.selectors import episodes_page, place_of, season_is_known, seasons_page
from catalog.serializers.episodes import (
    EpisodePageSerializer,
    EpisodesQuery,
    SeasonPageSerializer,
    SeasonsQuery,
)
from catalog.views.titles import record_or_404
from streaming.api.conditional import conditional_json
from streaming.api.inputs import query_of
from streaming.api.pages import cursor_of, next_url, parse_cursor, question_of, split_page, whole_number


class SeasonsView(APIView):
    authentication_classes = ()

    @extend_schema(
        operation_id="content_seasons", parameters=[SeasonsQuery], responses={200: SeasonPageSerializer}
    )
    def get(self, request: Request, content_id: UUID) -> HttpResponse:
        """A title's seasons by number; none for what is not a series."""
        query = query_of(request, SeasonsQuery)
        question = question_of("seasons", content_id)
        after = parse_cursor(query.get("cursor"), question, whole_number)
        record_or_404(content_id, audience_of(query))
        rows = seasons_page(
            content_id=content_id, after=after[0] if after else None, limit=query["limit"] + 1
        )
        page, last = split_page(rows, query["limit"])
        following = next_url(request, cursor_of(question, last["number"]) if last else None)
        return conditional_json(request, {"results": page, "next": following})


class EpisodesView(APIView):
    authentication_classes = ()

    @extend_schema(
        operation_id="content_episodes", parameters=[EpisodesQuery], responses={200: EpisodePageSerializer}
    )
    def get(self, request: Request, content_id: UUID, season_number: int) -> HttpResponse:
        """A season's episodes with their markers, as they aired or in another order."""
        query = query_of(request, EpisodesQuery)
        order = query["order"]
        question = question_of("episodes", content_id, season_number, order)
        after = parse_cursor(query.get("cursor"), question, whole_number, whole_number)
        record_or_404(content_id, audience_of(query))
        if not season_is_known(content_id=content_id, number=season_number, order=order):
            raise NotFound("There is no such season in this order.")
        rows = episodes_page(
            content_id=content_id,
            season_number=season_number,
            order=order,
            after=(after[0], after[1]) if after else None,
            limit=query["limit"] + 1,
        )
        page, last = split_page(rows, query["limit"])
        following = next_url(request, cursor_of(question, *place_of(last, order=order)) if last else None)
        return conditional_json(request, {"results": page, "next": following})
