"""Writes of reviews. That a viewer reviews a title once rests on the unique index, not on a check before."""

from typing import Any
from uuid import UUID

import mongoengine.errors as me

from reviews.documents import Review
from reviews.selectors import review_as_dict, summary_key
from streaming.stores.cache import forget


class AlreadyReviewed(Exception):
    """The viewer has a review of this title."""


def review_create(
    *, content_id: UUID, user_id: UUID, rating: float, comment: str, is_spoiler: bool
) -> dict[str, Any]:
    """Stores a review and returns it. Raises `AlreadyReviewed`."""
    review = Review(
        content_id=content_id,
        user_id=user_id,
        rating=rating,
        comment=comment,
        is_spoiler=is_spoiler,
    )
    try:
        review.save(force_insert=True)
    except me.NotUniqueError as error:
        raise AlreadyReviewed(str(content_id)) from error
    forget([summary_key(content_id)])
    return review_as_dict(review)
