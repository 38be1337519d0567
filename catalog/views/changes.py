"""The feed of changes."""

import re
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from catalog.changes.reading import Cursor, CursorExpired, FeedRestored, changes_since
from catalog.serializers.changes import ChangesQuery, ChangesSerializer
from streaming.api.conditional import conditional_json
from streaming.api.inputs import query_of
from streaming.api.pages import cursor_of, parse_cursor, question_of, whole_number
from streaming.api.problems import Gone, Unavailable

FEED = re.compile(r"[0-9a-f]{32}", re.ASCII)

FOLLOWED = question_of("changes")


class ChangesView(APIView):
    authentication_classes = ()  # see catalog.views.titles
    problem_statuses = (410,)

    @extend_schema(
        operation_id="changes",
        parameters=[ChangesQuery],
        responses={200: ChangesSerializer},
    )
    def get(self, request: Request) -> HttpResponse:
        """Titles that became public, changed, were merged or are no longer public, in the order of the changes."""
        query = query_of(request, ChangesQuery)
        since = parse_cursor(
            query.get("since"), FOLLOWED, _feed, whole_number, UUID, whole_number, field="since"
        )
        try:
            page = changes_since(cursor=Cursor(*since) if since else None, limit=query["limit"])
        except CursorExpired as error:
            raise Gone("The cursor is of a feed that is no more: read it anew, without `since`.") from error
        except FeedRestored as error:
            raise Unavailable("The feed of changes is being repaired. Try again later.") from error
        return conditional_json(
            request, {"results": page.results, "next": cursor_of(FOLLOWED, *page.following)}
        )


def _feed(text: str) -> str:
    if not FEED.fullmatch(text):
        raise ValueError(text)
    return text
