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
from catalog.serializers.languages import LanguageQuery
from catalog.serializers.lookup import FoundTitleSerializer, LookupInput, LookupSerializer
from catalog.views.languages import chain_for, language_headers, languages_of
from streaming.api.conditional import conditional_json
from streaming.api.inputs import body_of, query_of


class LookupView(APIView):
    authentication_classes = ()  # see catalog.views.titles

    @extend_schema(
        operation_id="lookup",
        parameters=[LanguageQuery],
        responses={200: FoundTitleSerializer},
    )
    def get(self, request: Request, scheme: str, value: str) -> HttpResponse:
        """The title of an id in another registry; slashes of the id may stand as they are."""
        query = query_of(request, LanguageQuery)
        ref = _ref(scheme, value)
        found = titles_by_external_ids([ref], chain_for(request, query)).get(ref) if ref else None
        if found is None:
            raise NotFound("No title here has that id.")
        return conditional_json(request, found, headers=language_headers(query, languages_of([found])))


class LookupManyView(APIView):
    authentication_classes = ()

    @extend_schema(
        operation_id="lookup_many",
        request=LookupInput,
        responses={200: LookupSerializer},
    )
    def post(self, request: Request) -> Response:
        """The titles of up to 100 ids in other registries, each found or not, in the order asked."""
        body = body_of(request, LookupInput)
        asked = body["ids"]
        refs = [_ref(**each) for each in asked]
        titles = titles_by_external_ids(list(dict.fromkeys(filter(None, refs))), chain_for(request, body))
        found = [titles.get(ref) if ref else None for ref in refs]
        results = [_entry(each, title) for each, title in zip(asked, found, strict=True)]
        return Response({"results": results}, headers=language_headers(body, languages_of(titles.values())))


def _ref(scheme: str, value: str) -> Ref | None:
    """None for what is no id of its scheme: no title has it."""
    try:
        return canonical_ref(scheme, value)
    except NoExternalId:
        return None


def _entry(asked: dict[str, str], title: dict[str, Any] | None) -> dict[str, Any]:
    return {**asked, "found": title is not None, "content": title}
