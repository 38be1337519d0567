"""Reading reviews: pages and the summary of ratings."""

from datetime import timedelta
from uuid import uuid4

from reviews.documents import Reply, Review
from reviews.selectors import empty_summary, rating_summary, reviews_page
from tests.factories import LONG_AGO, ReviewFactory


def test_a_page_starts_past_the_review_it_is_given(stores: None) -> None:
    content_id = uuid4()
    made = [
        ReviewFactory(content_id=content_id, created_at=LONG_AGO + timedelta(seconds=n // 3))
        for n in range(9)
    ]
    ordered = sorted(made, key=lambda review: (review.created_at, review.review_id.bytes), reverse=True)

    for place, review in enumerate(ordered):
        page = reviews_page(content_id=content_id, after=(review.created_at, review.review_id), limit=100)
        assert [row["review_id"] for row in page] == [later.review_id for later in ordered[place + 1 :]]


def test_a_page_starts_past_a_review_that_is_gone(stores: None) -> None:
    content_id = uuid4()
    old, gone = (
        ReviewFactory(content_id=content_id, created_at=LONG_AGO + timedelta(days=n)) for n in range(2)
    )
    after = (gone.created_at, gone.review_id)
    gone.delete()

    assert [row["review_id"] for row in reviews_page(content_id=content_id, after=after, limit=5)] == [
        old.review_id
    ]


def test_replies_are_counted(stores: None) -> None:
    review = ReviewFactory(replies=[Reply(user_id=uuid4(), comment="Yes.") for _ in range(5)])

    (row,) = reviews_page(content_id=review.content_id, after=None, limit=1)

    assert row["replies_count"] == 5
    assert "replies" not in row


def test_the_summary_counts_halves_with_the_whole_below(stores: None) -> None:
    content_id = uuid4()
    for rating in (1, 1.5, 2, 9.5, 10, 10):
        ReviewFactory(content_id=content_id, rating=rating)
    ReviewFactory(rating=5)  # of another title

    summary = rating_summary(content_id=content_id)

    assert summary == {
        "count": 6,
        "mean": 5.67,
        "histogram": {**empty_summary()["histogram"], "1": 2, "2": 1, "9": 1, "10": 2},
    }
    assert list(summary["histogram"]) == [str(stars) for stars in range(1, 11)]


def test_no_reviews_have_no_mean(stores: None) -> None:
    assert rating_summary(content_id=uuid4()) == empty_summary()
    assert empty_summary()["mean"] is None


def test_the_indexes_are_the_published_ones(stores: None) -> None:
    indexes = Review._get_collection().index_information()

    assert {name: tuple(index["key"]) for name, index in indexes.items() if name != "_id_"} == {
        "one_per_viewer_and_title": (("content_id", 1), ("user_id", 1)),
        "of_title_newest_first": (("content_id", 1), ("created_at", -1), ("_id", -1)),
        "of_viewer_newest_first": (("user_id", 1), ("created_at", -1)),
    }
    assert indexes["one_per_viewer_and_title"]["unique"] is True
