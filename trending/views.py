"""Counting a view. Today's ranking is in the languages of titles: `streaming.gateway.views` answers it."""

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.selectors import content_record
from streaming.api.inputs import NoFields, body_of
from streaming.api.throttles import WriteThrottle
from trending.serializers import ViewCountedSerializer
from trending.services import view_count

LONGEST_KEY = 255


class ViewIncrementView(APIView):
    authentication_classes = ()  # nobody is asked who they are: neither a stale token nor the accounts' store stops it
    throttle_classes = [WriteThrottle]

    @extend_schema(
        operation_id="content_view_increment",
        request=None,
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="At most 255 characters; the same key for the same title counts once a day.",
            )
        ],
        responses={200: ViewCountedSerializer},
    )
    def post(self, request: Request, content_id: UUID) -> Response:
        """Counts one view."""
        body_of(request, NoFields)
        if content_record(content_id=content_id) is None:
            raise NotFound("There is no such title.")
        views = view_count(content_id=content_id, event_id=_idempotency_key(request))
        return Response({"message": "View count incremented", "views": views})


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 1 <= len(key) <= LONGEST_KEY:
        raise ValidationError({"Idempotency-Key": [f"Give 1 to {LONGEST_KEY} characters."]})
    return key
