"""Where the addresses of merged titles and people lead: to what they are part of now, where the asker may see it.

Entry points: `title_moved`, `person_moved`, for `streaming.api.moved`. Failure: `django.db.Error`s.
"""

from collections.abc import Mapping
from uuid import UUID

from catalog.audience import audience_of
from catalog.selectors import public_person_survivor, public_survivor
from catalog.serializers.audience import AudienceQuery
from catalog.visibility import Audience


def title_moved(content_id: UUID, parameters: Mapping[str, str]) -> UUID | None:
    audience = _asking(parameters)
    return None if audience is None else public_survivor(content_id, audience)


def person_moved(person_id: UUID, parameters: Mapping[str, str]) -> UUID | None:
    audience = _asking(parameters)
    return None if audience is None else public_person_survivor(person_id, audience)


def _asking(parameters: Mapping[str, str]) -> Audience | None:
    """The audience of a request, whatever else it asks; None of one that says it wrongly."""
    said = {name: parameters[name] for name in AudienceQuery().get_fields() if name in parameters}
    query = AudienceQuery(data=said)
    return audience_of(query.validated_data) if query.is_valid() else None
