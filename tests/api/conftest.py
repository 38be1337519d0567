from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from analytics.models import User
from tests.factories import (
    ContentFactory,
    ExternalIdFactory,
    ReviewFactory,
    UserFactory,
    WatchHistoryFactory,
    indexed,
    with_children,
)

EIDR = "10.5240/7791-8534-2C23-9030-8610-5"


@dataclass(frozen=True)
class World:
    """One of everything, and a client that may call everything."""

    client: APIClient
    ids: dict[str, object] = field(default_factory=dict)


@pytest.fixture
def world(
    replicated: Callable[[], None], as_viewer: Callable[[User], APIClient], settings: Settings
) -> World:
    settings.THROTTLE_RATES = {"auth": "100000/min", "write": "100000/min"}
    staff = UserFactory(is_staff=True)
    content = with_children(ContentFactory(content_type="series"), 1)
    ExternalIdFactory(content=content, scheme="eidr", value=EIDR)
    ReviewFactory(content_id=content.content_id)
    WatchHistoryFactory(user=staff, content_id=content.content_id)
    replicated()
    client = as_viewer(staff)
    client.raise_request_exception = False
    client.handler.enforce_csrf_checks = True  # as the web server does
    indexed(content)
    ids = {
        "content_id": content.content_id,
        "season_number": 1,
        "person_id": content.credits.get().person_id,
        "collection_id": content.collection_items.get().collection_id,
        "user_id": staff.user_id,
        "scheme": "eidr",
        "value": EIDR,
        "q": content.title,
    }
    return World(client, ids)
