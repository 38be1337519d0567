"""Writing reviews: who is first rests on the unique index."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from reviews.documents import Review
from reviews.selectors import rating_summary, reviews_page
from reviews.services import AlreadyReviewed, review_create


def test_what_is_returned_is_what_is_stored(stores: None) -> None:
    content_id, user_id = uuid4(), uuid4()

    made = review_create(content_id=content_id, user_id=user_id, rating=7.5, comment="🎬 ok", is_spoiler=True)

    assert reviews_page(content_id=content_id, after=None, limit=10) == [made]
    assert (made["content_id"], made["user_id"], made["rating"]) == (content_id, user_id, 7.5)
    assert (made["comment"], made["is_spoiler"], made["likes_count"], made["replies_count"]) == (
        "🎬 ok",
        True,
        0,
        0,
    )
    assert abs(datetime.now(UTC) - made["created_at"]) < timedelta(minutes=1)


def test_the_document_has_the_published_fields(stores: None) -> None:
    content_id, user_id = uuid4(), uuid4()

    made = review_create(content_id=content_id, user_id=user_id, rating=8, comment="Yes.", is_spoiler=False)

    document = Review._get_collection().find_one({"content_id": content_id})
    assert document is not None
    assert document["_id"] == made["review_id"]
    assert set(document) - {"_id"} == {
        *("content_id", "user_id", "rating", "comment"),
        *("created_at", "is_spoiler", "likes_count", "replies"),
    }
    assert (document["rating"], document["replies"]) == (8.0, [])


def test_one_review_per_viewer_and_title(stores: None) -> None:
    content_id, user_id = uuid4(), uuid4()
    review_create(content_id=content_id, user_id=user_id, rating=8, comment="First.", is_spoiler=False)

    with pytest.raises(AlreadyReviewed):
        review_create(content_id=content_id, user_id=user_id, rating=1, comment="Second.", is_spoiler=False)

    review_create(content_id=uuid4(), user_id=user_id, rating=1, comment="Another title.", is_spoiler=False)
    review_create(
        content_id=content_id, user_id=uuid4(), rating=1, comment="Another viewer.", is_spoiler=False
    )
    assert [review.comment for review in Review.objects(content_id=content_id, user_id=user_id)] == ["First."]


def test_of_fifty_at_once_one_is_stored(stores: None) -> None:
    content_id, user_id = uuid4(), uuid4()

    def create(number: int) -> bool:
        try:
            review_create(
                content_id=content_id, user_id=user_id, rating=8, comment=str(number), is_spoiler=False
            )
        except AlreadyReviewed:
            return False
        return True

    with ThreadPoolExecutor(50) as pool:
        assert sorted(pool.map(create, range(50))) == [False] * 49 + [True]
    assert Review.objects(content_id=content_id).count() == 1


def test_a_review_is_in_the_summary_at_once(stores: None) -> None:
    content_id = uuid4()
    assert rating_summary(content_id=content_id)["count"] == 0

    for rating in (8, 9.5):
        review_create(content_id=content_id, user_id=uuid4(), rating=rating, comment="Yes.", is_spoiler=False)
        assert rating_summary(content_id=content_id)["histogram"][str(int(rating))] == 1

    assert rating_summary(content_id=content_id)["mean"] == 8.75
