"""Who may see a title, and why: for editors."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

from catalog.selectors.visibility import content_visibility
from catalog.serializers.visibility import VisibilityQuery, VisibilitySerializer
from streaming.api.conditional import PRIVATE, conditional_json
from streaming.api.inputs import query_of
from streaming.api.permissions import IsStaff


class VisibilityView(APIView):
    permission_classes = [IsStaff]

    @extend_schema(
        operation_id="content_visibility",
        parameters=[VisibilityQuery],
        responses={200: VisibilitySerializer},
    )
    def get(self, request: Request, content_id: UUID) -> HttpResponse:
        """Whether somebody may see a title, and every check behind that, for staff; drafts are told of, too."""
        query = query_of(request, VisibilityQuery)
        found = content_visibility(
            content_id=content_id,
            territory=query.get("territory"),
            at=query.get("at"),
            limit=query.get("maturity_lte"),
        )
        if found is None:
            raise NotFound("There is no such title.")
        return conditional_json(request, found, cache_control=PRIVATE)
