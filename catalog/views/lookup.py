"""Titles by their ids in other registries: one by its address, a hundred by a body."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.registries import NoExternalId, Ref, canonical_ref
from catalog.selectors import titles_by_external_ids
from catalog.serializers.lookup import FoundTitleSerializer, LookupInput, LookupSerializer
from streaming.api.conditional import conditional_json
from streaming.api.inputs import NoFields, body_of, query_of


class LookupView(APIView):
    authentication_classes = ()  # see catalog.views.titles

    @extend_schema(
        operation_id="lookup",
        responses={200: FoundTitleSerializer},
    )
    def get(self, request: Request, scheme: str, value: str) -> HttpResponse:
        """The title of an id in another registry; slashes of the id may stand as they are."""
        query_of(request, NoFields)
        ref = _ref(scheme, value)
        found = titles_by_external_ids([ref]).get(ref) if ref else None
        if found is None:
            raise NotFound("No title here has that id.")
        return conditional_json(request, found)


class LookupManyView(APIView):
    authentication_classes = ()

    @extend_schema(
        operation_id="lookup_many",
        request=LookupInput,
        responses={200: LookupSerializer},
    )
    def post(self, request: Request) -> Response:
        """The titles of up to 100 ids in other registries, each found or not, in the order asked."""
        asked = body_of(request, LookupInput)["ids"]
        refs = [_ref(**each) for each in asked]
        titles = titles_by_external_ids(list(dict.fromkeys(filter(None, refs))))
        found = [titles.get(ref) if ref else None for ref in refs]
        return Response({"results": [_entry(each, title) for each, title in zip(asked, found, strict=True)]})


def _ref(scheme: str, value: str) -> Ref | None:
    """None for what is no id of its scheme: no title has it."""
    try:
        return canonical_ref(scheme, value)
    except NoExternalId:
        return None


def _entry(asked: dict[str, str], title: dict[str, Any] | None) -> dict[str, Any]:
    return {**asked, "found": title is not None, "content": title}
