"""Reads of reviews. Pages are newest first; the summary of a title's ratings is cached until a review changes it."""

from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from mongoengine.queryset.visitor import Q

from reviews.documents import Review
from streaming.stores.cache import read_through

Position = tuple[datetime, UUID]


class RatingSummary(TypedDict):
    """`mean` to two decimals, null without reviews; `histogram` maps "1".."10" to counts, halves rounded down."""

    count: int
    mean: float | None
    histogram: dict[str, int]


def summary_key(content_id: UUID) -> str:
    return f"content:rating-summary:{content_id}"


def reviews_page(*, content_id: UUID, after: Position | None, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` reviews of a title, newest first, past the review at `after`."""
    reviews = Review.objects(content_id=content_id)
    if after is not None:
        created_at, review_id = after
        reviews = reviews.filter(
            Q(created_at__lt=created_at) | Q(created_at=created_at, review_id__lt=review_id)
        )
    ordered = reviews.order_by("-created_at", "-review_id").limit(limit)
    return [review_as_dict(review) for review in ordered]


def review_as_dict(review: Review) -> dict[str, Any]:
    return {
        "review_id": review.review_id,
        "content_id": review.content_id,
        "user_id": review.user_id,
        "rating": review.rating,
        "comment": review.comment,
        "is_spoiler": review.is_spoiler,
        "likes_count": review.likes_count,
        "replies_count": len(review.replies),
        "created_at": review.created_at,
    }


def empty_summary() -> RatingSummary:
    return {"count": 0, "mean": None, "histogram": {str(stars): 0 for stars in range(1, 11)}}


def rating_summary(*, content_id: UUID) -> RatingSummary:
    summary: RatingSummary = read_through(summary_key(content_id), lambda: _summary(content_id))
    return summary


def _summary(content_id: UUID) -> RatingSummary:
    counts = Review.objects(content_id=content_id).aggregate(
        [{"$group": {"_id": "$rating", "count": {"$sum": 1}}}]
    )
    summary = empty_summary()
    total = 0.0
    for row in counts:
        summary["count"] += row["count"]
        summary["histogram"][str(int(row["_id"]))] += row["count"]
        total += row["_id"] * row["count"]
    if summary["count"]:
        summary["mean"] = round(total / summary["count"], 2)
    return summary
