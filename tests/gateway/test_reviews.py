"""`/content/{id}/reviews`: reading and writing them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from rest_framework.test import APIClient

from analytics.models import User
from catalog.models import Content
from reviews.documents import Reply, Review
from tests.factories import LONG_AGO, ContentFactory, ReviewFactory, UserFactory
from tests.walking import walk

AsViewer = Callable[[User], APIClient]


def url_of(content: Content) -> str:
    return f"/api/v1/content/{content.content_id}/reviews"


def test_reviews_are_newest_first_with_names_and_counts(
    replicated: Callable[[], None], api: APIClient
) -> None:
    ada = UserFactory(username="ada")
    content = ContentFactory()
    old = ReviewFactory(
        content_id=content.content_id, user_id=ada.user_id, created_at=LONG_AGO, likes_count=4
    )
    replies = [Reply(user_id=ada.user_id, comment="Yes.") for _ in range(3)]
    new = ReviewFactory(
        content_id=content.content_id,
        rating=10.0,
        created_at=LONG_AGO + timedelta(milliseconds=7),
        replies=replies,
    )
    ReviewFactory()  # of another title
    replicated()

    answer = api.get(url_of(content))

    assert [row["review_id"] for row in answer.json()] == [str(new.review_id), str(old.review_id)]
    assert answer.json()[0] == {
        "review_id": str(new.review_id),
        "content_id": str(content.content_id),
        "user_id": str(new.user_id),
        "username": None,
        "rating": 10.0,
        "comment": "Worth it.",
        "is_spoiler": False,
        "likes_count": 0,
        "replies_count": 3,
        "created_at": "2020-01-01T00:00:00.007000Z",
    }
    assert answer.json()[1]["username"] == "ada"
    assert answer.json()[1]["likes_count"] == 4
    assert answer.json()[1]["created_at"] == "2020-01-01T00:00:00Z"
    assert b'"rating":10.0,' in answer.content


@pytest.mark.parametrize("same_moment", [False, True])
def test_pages_show_each_review_once_while_new_ones_come(
    stores: None, api: APIClient, same_moment: bool
) -> None:
    content = ContentFactory()
    step = timedelta(0) if same_moment else timedelta(seconds=1)
    made = [ReviewFactory(content_id=content.content_id, created_at=LONG_AGO + step * n) for n in range(23)]
    newer = iter(range(1, 100))

    def in_front() -> None:
        ReviewFactory(content_id=content.content_id, created_at=LONG_AGO + timedelta(days=next(newer)))

    rows = walk(api, f"{url_of(content)}?limit=4", between=in_front)

    expected = sorted(made, key=lambda review: (review.created_at, review.review_id.bytes), reverse=True)
    assert [row["review_id"] for row in rows] == [str(review.review_id) for review in expected]


def test_a_page_has_twenty_reviews_and_at_most_a_hundred(stores: None, api: APIClient) -> None:
    content = ContentFactory()
    ReviewFactory.create_batch(101, content_id=content.content_id)

    assert len(api.get(url_of(content)).json()) == 20
    assert len(api.get(url_of(content), {"limit": 100}).json()) == 100
    assert api.get(url_of(content), {"limit": 101}).status_code == 400


def test_a_review_is_answered_as_it_is_stored(
    replicated: Callable[[], None], api: APIClient, as_viewer: AsViewer
) -> None:
    ada = UserFactory(username="ada")
    content = ContentFactory()
    before = api.get(url_of(content)).headers["ETag"]
    replicated()

    answer = as_viewer(ada).post(url_of(content), {"rating": 8, "comment": "  Worth it. \n"}, format="json")

    body = answer.json()
    assert (answer.status_code, set(body), body["message"]) == (
        201,
        {"message", "review"},
        "Review added successfully",
    )
    review = body["review"]
    assert {**review, "review_id": "", "created_at": ""} == {
        "review_id": "",
        "content_id": str(content.content_id),
        "user_id": str(ada.user_id),
        "username": "ada",
        "rating": 8.0,
        "comment": "Worth it.",
        "is_spoiler": False,
        "likes_count": 0,
        "replies_count": 0,
        "created_at": "",
    }
    assert review["created_at"].endswith("Z")
    listed = api.get(url_of(content), headers={"if-none-match": before})
    assert (listed.status_code, listed.json()) == (200, [review])


def test_a_second_review_of_a_title_is_a_conflict(stores: None, as_viewer: AsViewer) -> None:
    client = as_viewer(UserFactory())
    content, other = ContentFactory(), ContentFactory()
    body = {"rating": 8, "comment": "Worth it."}
    assert client.post(url_of(content), body, format="json").status_code == 201

    second = client.post(url_of(content), {**body, "rating": 2}, format="json")

    assert (second.status_code, second.json()["code"]) == (409, "conflict")
    assert client.post(url_of(other), body, format="json").status_code == 201
    assert [review.rating for review in Review.objects(content_id=content.content_id)] == [8.0]


def test_of_fifty_posts_at_once_one_is_stored(stores: None, as_viewer: AsViewer, settings: Any) -> None:
    settings.DEADLINES = {"/": timedelta(seconds=30)}  # fifty at once may take a busy machine long
    viewer, content = UserFactory(), ContentFactory()
    client_of: Callable[[], APIClient] = lambda: as_viewer(viewer)  # noqa: E731
    clients = [client_of() for _ in range(50)]

    def post(number: int) -> int:
        try:
            answer = clients[number].post(
                url_of(content), {"rating": 8, "comment": f"Number {number}."}, format="json"
            )
            return int(answer.status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        statuses = sorted(pool.map(post, range(50)))

    assert statuses == [201] + [409] * 49
    assert Review.objects(content_id=content.content_id, user_id=viewer.user_id).count() == 1


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"rating": 0.5}, "rating", "min_value"),
        ({"rating": 0}, "rating", "min_value"),
        ({"rating": 10.5}, "rating", "max_value"),
        ({"rating": 7.25}, "rating", "step"),
        ({"rating": 7.0000001}, "rating", "step"),
        ({"comment": ""}, "comment", "blank"),
        ({"comment": " \n\t "}, "comment", "blank"),
        ({"comment": "a" * 10_001}, "comment", "max_length"),
        ({"is_spoiler": None}, "is_spoiler", "null"),
        ({"likes_count": 1000}, "likes_count", "unknown"),
    ],
)
def test_a_review_outside_of_the_limits_is_refused(
    stores: None, as_viewer: AsViewer, given: dict[str, Any], field: str, code: str
) -> None:
    content = ContentFactory()
    body = {"rating": 8, "comment": "Worth it.", **given}

    answer = as_viewer(UserFactory()).post(url_of(content), body, format="json")

    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]
    assert Review.objects.count() == 0


def test_a_review_at_the_limits_is_stored(stores: None, as_viewer: AsViewer) -> None:
    content = ContentFactory()

    for rating in (1, 1.5, 9.5, 10):
        body = {"rating": rating, "comment": "ü" * 10_000, "is_spoiler": True}
        answer = as_viewer(UserFactory()).post(url_of(content), body, format="json")
        assert (answer.status_code, answer.json()["review"]["rating"]) == (201, rating)

    assert {review.is_spoiler for review in Review.objects} == {True}
    assert {len(review.comment) for review in Review.objects} == {10_000}


def test_only_a_viewer_reviews_and_only_what_is_public(
    stores: None, api: APIClient, as_viewer: AsViewer
) -> None:
    content, draft = ContentFactory(), ContentFactory(status="draft")
    body = {"rating": 8, "comment": "Worth it."}

    anonymous = api.post(url_of(content), body, format="json")
    of_draft = as_viewer(UserFactory()).post(url_of(draft), body, format="json")

    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "not_authenticated")
    assert anonymous.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert (of_draft.status_code, of_draft.json()["code"]) == (404, "not_found")
    gone = UserFactory()
    client = as_viewer(gone)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    assert client.post(url_of(content), body, format="json").status_code == 401
    assert Review.objects.count() == 0


def test_a_name_is_asked_once_for_all_reviews_of_a_viewer(
    replicated: Callable[[], None], api: APIClient
) -> None:
    users = UserFactory.create_batch(3)
    content = ContentFactory()
    for user in users:
        ReviewFactory(content_id=content.content_id, user_id=user.user_id)
    replicated()

    rows = api.get(url_of(content)).json()

    assert {UUID(row["user_id"]): row["username"] for row in rows} == {u.user_id: u.username for u in users}
