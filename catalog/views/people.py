"""People and what they are credited for."""

from datetime import date
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

from catalog.audience import audience_of
from catalog.selectors import Place, person_record, place_in_filmography
from catalog.serializers.people import PersonQuery, PersonSerializer
from catalog.views.languages import chain_for, language_headers, languages_of
from streaming.api.conditional import conditional_json
from streaming.api.inputs import query_of
from streaming.api.pages import cursor_of, next_url, parse_cursor, question_of, split_page


class PersonView(APIView):
    authentication_classes = ()

    @extend_schema(operation_id="person_read", parameters=[PersonQuery], responses={200: PersonSerializer})
    def get(self, request: Request, person_id: UUID) -> HttpResponse:
        """A person with a page of their titles, the newest first."""
        query = query_of(request, PersonQuery)
        question = question_of("person", person_id)
        after = parse_cursor(query.get("cursor"), question, _date_or_none, UUID)
        person = person_record(
            person_id=person_id,
            audience=audience_of(query),
            after=Place(*after) if after else None,
            limit=query["limit"] + 1,
            chain=chain_for(request, query),
        )
        if person is None:
            raise NotFound("There is no such person.")
        page, last = split_page(person["filmography"], query["limit"])
        following = next_url(request, _cursor(question, place_in_filmography(last)) if last else None)
        body = {**person, "filmography": {"results": page, "next": following}}
        return conditional_json(request, body, headers=language_headers(query, languages_of(page)))


def _cursor(question: str, place: Place) -> str:
    return cursor_of(question, place.release_date or "", place.content_id)


def _date_or_none(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
