"""Endpoints over two stores or more: details, reviews with usernames, today's ranking, watch history, user ids."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.selectors import user_ids_after
from catalog.audience import audience_of
from catalog.languages import translated
from catalog.serializers.titles import IdsQuery, TitleQuery
from catalog.views.languages import chain_for, language_headers, languages_of
from catalog.views.titles import record_or_404
from reviews.selectors import reviews_page
from reviews.serializers import ReviewCreatedSerializer, ReviewInput, ReviewSerializer
from reviews.services import AlreadyReviewed, review_create
from streaming.api.conditional import PRIVATE, PUBLIC, conditional_json
from streaming.api.inputs import body_of, query_of
from streaming.api.pages import cursor_of, instant, next_link, parse_cursor, question_of, split_page
from streaming.api.permissions import IsStaff, IsViewer, viewer_id
from streaming.api.problems import Conflict
from streaming.api.throttles import WriteThrottle
from streaming.gateway.details import content_details, with_usernames
from streaming.gateway.history import watch_history
from streaming.gateway.serializers import (
    DetailsSerializer,
    HistoryQuery,
    PlaySerializer,
    ReviewsQuery,
    TrendingQuery,
    TrendingSerializer,
)
from trending.selectors import trending_today


def fan_out_json(
    request: Request,
    value: object,
    degraded: list[str],
    *,
    cache_control: str = PUBLIC,
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    """An answer that may lack a store: then nobody may keep it, and `X-Degraded` says which."""
    if not degraded:
        return conditional_json(request, value, cache_control=cache_control, headers=headers)
    named = {**(headers or {}), "X-Degraded": ", ".join(degraded)}
    return conditional_json(request, value, cache_control="no-store", headers=named)


ALL_USERS = question_of("user ids")


class DetailsView(APIView):
    authentication_classes = ()  # see catalog.views

    @extend_schema(
        operation_id="content_details",
        parameters=[TitleQuery],
        responses={200: DetailsSerializer},
    )
    def get(self, request: Request, content_id: UUID) -> HttpResponse:
        """Everything about one title."""
        query = query_of(request, TitleQuery)
        details = content_details(
            content_id=content_id, audience=audience_of(query), chain=chain_for(request, query)
        )
        if details is None:
            raise NotFound("There is no such title.")
        headers = language_headers(query, details["metadata"]["languages"].values())
        return fan_out_json(request, details, details["degraded"], headers=headers)


class TrendingDailyView(APIView):
    authentication_classes = ()  # see catalog.views

    @extend_schema(
        operation_id="trending_daily",
        parameters=[TrendingQuery],
        responses={200: TrendingSerializer(many=True)},
    )
    def get(self, request: Request) -> HttpResponse:
        """Titles by today's views, most viewed first."""
        query = query_of(request, TrendingQuery)
        ranking = trending_today(today=datetime.now(UTC).date(), limit=query["limit"])
        rows = translated(ranking, chain_for(request, query))
        return conditional_json(request, rows, headers=language_headers(query, languages_of(rows)))


class ReviewsView(APIView):
    problem_statuses = (409,)

    def get_authenticators(self) -> list[BaseAuthentication]:
        posting = self.request is not None and self.request.method == "POST"  # None while it is described
        return super().get_authenticators() if posting else []

    def get_permissions(self) -> list[BasePermission]:
        return [IsViewer()] if self.request.method == "POST" else [AllowAny()]

    def get_throttles(self) -> list[Any]:
        return [WriteThrottle()] if self.request.method == "POST" else []

    @extend_schema(
        operation_id="content_reviews",
        parameters=[ReviewsQuery],
        responses={200: ReviewSerializer(many=True)},
    )
    def get(self, request: Request, content_id: UUID) -> HttpResponse:
        """A title's reviews, newest first; the next page is in `Link`."""
        query = query_of(request, ReviewsQuery)
        question = question_of("reviews", content_id)
        after = parse_cursor(query.get("cursor"), question, instant, UUID)
        record_or_404(content_id, audience_of(query))
        rows = reviews_page(content_id=content_id, after=after, limit=query["limit"] + 1)
        page, last = split_page(rows, query["limit"])
        degraded: list[str] = []
        reviews = with_usernames(page, degraded=degraded)
        link = next_link(
            request, cursor_of(question, last["created_at"], last["review_id"]) if last else None
        )
        return fan_out_json(request, reviews, degraded, headers=link)

    @extend_schema(
        operation_id="content_review_create",
        request=ReviewInput,
        responses={201: ReviewCreatedSerializer},
    )
    def post(self, request: Request, content_id: UUID) -> Response:
        """Adds the caller's review; one per viewer and title."""
        review_in = body_of(request, ReviewInput)
        record_or_404(content_id)
        try:
            review = review_create(content_id=content_id, user_id=viewer_id(request), **review_in)
        except AlreadyReviewed as error:
            raise Conflict("You have reviewed this title already.") from error
        body = {
            "message": "Review added successfully",
            "review": {**review, "username": request.user.username},
        }
        return Response(body, status=status.HTTP_201_CREATED)


class UserIdsView(APIView):
    permission_classes = [IsStaff]

    @extend_schema(
        operation_id="user_ids",
        parameters=[IdsQuery],
        responses={200: {"type": "array", "items": {"type": "string", "format": "uuid"}}},
    )
    def get(self, request: Request) -> HttpResponse:
        """Ids of all users, in order, for staff."""
        query = query_of(request, IdsQuery)
        after = parse_cursor(query.get("cursor"), ALL_USERS, UUID)
        rows = user_ids_after(user_id=after[0] if after else None, limit=query["limit"] + 1)
        page, last = split_page(rows, query["limit"])
        link = next_link(request, cursor_of(ALL_USERS, last) if last else None)
        return conditional_json(request, page, cache_control=PRIVATE, headers=link)


class WatchHistoryView(APIView):
    permission_classes = [IsViewer]

    @extend_schema(
        operation_id="user_watch_history",
        parameters=[HistoryQuery],
        responses={200: PlaySerializer(many=True)},
    )
    def get(self, request: Request, user_id: UUID) -> HttpResponse:
        """A viewer's own plays, newest first; staff may read anybody's."""
        if request.user.pk != user_id and not request.user.is_staff:
            raise NotFound("There is no such history.")
        query = query_of(request, HistoryQuery)
        question = question_of("plays", user_id)
        after = parse_cursor(query.get("cursor"), question, instant, UUID)
        degraded: list[str] = []
        rows = watch_history(user_id=user_id, after=after, limit=query["limit"] + 1, degraded=degraded)
        page, last = split_page(rows, query["limit"])
        link = next_link(
            request, cursor_of(question, last["watched_at"], last["history_id"]) if last else None
        )
        return fan_out_json(request, page, degraded, cache_control=PRIVATE, headers=link)
