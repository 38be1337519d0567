"""Every operation's success is what the OpenAPI document says it is, `HEAD`, `ETag` and `Server-Timing` included."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import RefreshToken

from analytics.models import User
from tests.api.conftest import EIDR, World
from tests.api.operations import (
    Operation,
    assert_matches_schema,
    operation,
    operation_names,
    operations,
    send,
)
from tests.factories import ContentFactory, SeasonFactory, UserFactory

STORES_ASKED = {
    "content_list": {"cache", "catalog"},
    "content_similar": {"cache", "catalog"},
    "genres": {"cache", "catalog"},
    "keywords": {"cache", "catalog"},
    "studios": {"cache", "catalog"},
    "collections": {"catalog"},
    "collection_read": {"catalog"},
    "content_ids": {"catalog"},
    "content_read": {"cache", "catalog"},
    "content_cast": {"cache", "catalog"},
    "content_visibility": {"analytics", "cache", "catalog"},
    "person_read": {"catalog"},
    "content_seasons": {"cache", "catalog"},
    "content_episodes": {"cache", "catalog"},
    # The primary is asked for its position: how far the replica is behind (streaming.stores.replica).
    "content_details": {"analytics", "cache", "catalog", "state", "reviews", "replica"},
    "content_reviews": {"analytics", "cache", "catalog", "reviews", "replica"},
    "content_review_create": {"analytics", "cache", "catalog", "state", "reviews"},
    "content_view_increment": {"cache", "catalog", "state"},
    "trending_daily": {"state"},
    "user_ids": {"analytics", "catalog", "replica"},
    "user_watch_history": {"analytics", "catalog", "replica", "state"},
    "changes": {"catalog"},
    "lookup": {"catalog"},
    "search": {"cache", "catalog"},
    "search_suggest": {"cache", "catalog"},
    "lookup_many": {"catalog"},
    "auth_register": {"analytics", "state"},
    "auth_token": {"analytics", "state"},
    "auth_token_refresh": {"analytics", "state"},
    "auth_logout": {"analytics", "state"},
}
READS = [called.name for called in operations() if called.method == "GET"]


def body_for(called: Operation) -> bytes:
    if called.body is None:
        return b""
    viewer = User.objects.filter(username="grace").first() or UserFactory(username="grace")
    viewer.set_password("correct-horse-battery")
    viewer.save()
    values: dict[str, Any] = {
        "lang": "de",
        "rating": 8.5,
        "comment": "Worth it.",
        "is_spoiler": True,
        "username": "newcomer" if called.name == "auth_register" else "grace",
        "email": "newcomer@example.org",
        "password": "correct-horse-battery",
        "ids": [{"scheme": "eidr", "value": EIDR}, {"scheme": "imdb", "value": "tt0000000"}],
        "refresh": str(RefreshToken.for_user(viewer)),
    }
    return json.dumps({name: values[name] for name in called.body["properties"]}).encode()


@pytest.mark.parametrize("name", operation_names())
def test_a_success_is_as_the_document_describes_it(world: World, name: str) -> None:
    called = operation(name)
    body = body_for(called)

    answer = send(world.client, called, called.url(world.ids), body)

    status = answer.status_code
    assert status in called.declared & {200, 201, 204}, answer.content
    if status == 204:
        assert answer.content == b""
    else:
        assert answer.headers["Content-Type"] == "application/json"
        assert_matches_schema(answer.json(), called, status)
    asked = {part.split(";")[0] for part in answer.headers["Server-Timing"].split(", ")}
    assert asked == STORES_ASKED[name]
    assert all(
        part.split(";dur=")[1].replace(".", "", 1).isdigit()
        for part in answer.headers["Server-Timing"].split(", ")
    )


def test_nulls_and_an_empty_title_are_described_too(world: World, api: APIClient) -> None:
    bare = ContentFactory(
        release_date=None, duration_minutes=None, rating=None, summary="", content_type="series"
    )
    SeasonFactory(content=bare)
    for name in ("content_read", "content_cast", "content_details", "content_reviews"):
        called = operation(name)
        answer = api.get(called.url({"content_id": bare.content_id}))
        assert_matches_schema(answer.json(), called, 200)
    assert answer.json() == []


@pytest.mark.parametrize("name", READS)
def test_a_read_is_conditional_and_has_a_head(world: World, name: str) -> None:
    url = operation(name).url(world.ids)
    client = world.client

    first = client.get(url)
    etag = first.headers["ETag"]

    assert etag.startswith('"') and etag.endswith('"') and len(etag) == 34
    private = name in {"content_visibility", "user_ids", "user_watch_history"}
    assert first.headers["Cache-Control"] == (
        "private, no-cache" if private else "public, max-age=0, must-revalidate"
    )
    assert client.get(url).headers["ETag"] == etag
    for known in (etag, f"W/{etag}", f'"other", {etag}', f'W/"other",W/{etag} , "third"', "*"):
        same = client.get(url, headers={"if-none-match": known})
        assert (same.status_code, same.content) == (304, b""), known
        assert same.headers["ETag"] == etag
        assert same.headers["Cache-Control"] == first.headers["Cache-Control"]
        assert "Content-Type" not in same.headers
        assert same.headers["Content-Length"] == str(len(first.content))
    for unknown in ('"other"', etag.strip('"'), "W/", ""):
        assert client.get(url, headers={"if-none-match": unknown}).status_code == 200, unknown
    head = client.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["ETag"] == etag
    assert head.headers["Content-Length"] == str(len(first.content))
