"""What the API asks of one title is one task on one shard: the queries it really sends, planned by Citus."""

import re

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from catalog.models import Content
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.placement import distributed_tables
from streaming.stores.statements import rows
from tests.environment import DISTRIBUTED
from tests.factories import ContentFactory, ReviewFactory, UserFactory, with_children

pytestmark = [
    pytest.mark.citus,
    pytest.mark.skipif(not DISTRIBUTED, reason="of a distributed catalog: run by `make test-citus`"),
]


@pytest.fixture
def content(stores: None) -> Content:
    """A series with two rows of each kind and a review."""
    made = with_children(ContentFactory(content_type="series"), 2)
    ReviewFactory(content_id=made.content_id, user_id=UserFactory().user_id)
    return made


def plans(captured: CaptureQueriesContext) -> list[str]:
    """Of each statement that names a distributed table."""
    named = re.compile(rf'"({"|".join(distributed_tables())})"')
    asked = [query["sql"] for query in captured if named.search(query["sql"])]
    return [
        "\n".join(line for (line,) in rows(CATALOG, f"EXPLAIN (COSTS OFF) {sql}".replace("%", "%%")))
        for sql in asked
    ]


@pytest.mark.parametrize(
    ("method", "address", "status", "queries"),
    [
        ("get", "/api/v1/content/{}", 200, 1),
        ("get", "/api/v1/content/{}/cast", 200, 1),
        ("get", "/api/v1/content/{}/details", 200, 1),
        ("get", "/api/v1/content/{}/seasons", 200, 3),
        ("get", "/api/v1/content/{}/seasons/1/episodes", 200, 4),
        ("get", "/api/v1/content/{}/seasons/1/episodes?order=absolute", 200, 4),
        ("get", "/api/v1/content/{}/seasons/1/episodes?order=dvd", 200, 4),
        ("get", "/api/v1/content/{}/reviews", 200, 1),
        ("post", "/api/v1/content/{}/views/increment", 200, 1),
    ],
)
def test_one_title_is_asked_of_one_shard(
    content: Content, api: APIClient, method: str, address: str, status: int, queries: int
) -> None:
    with CaptureQueriesContext(connections[CATALOG]) as captured:
        answer = getattr(api, method)(address.format(content.content_id))

    assert answer.status_code == status
    planned = plans(captured)
    assert [re.findall(r"Task Count: (\d+)", plan) for plan in planned] == [["1"]] * queries
    assert [plan for plan in planned if "Subplan" in plan] == []
