"""Seeded reviews: documents in batches, each by a viewer who played the title, written after that play.

Entry points: `reviews_load`, `reviews_empty`, `reviews_counts`. The driver's usual fraction of a second is too
little for a batch; here it gets `SECONDS_TO_ANSWER`.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import pymongo

from reviews.documents import Review
from streaming.stores.seeded import Track, random_for

BATCH = 1000
SECONDS_TO_ANSWER = 600
LATEST_AFTER_PLAY = 2 * 24 * 3600
SPOILERS = 0.08
WITH_REPLIES = 0.2
MOST_REPLIES = 4
LIKES_MEAN = 4.0
RATING_MEAN, RATING_SPREAD = 7.2, 1.8


class Played(NamedTuple):
    """That a viewer played a title, and when."""

    user_id: UUID
    content_id: UUID
    at: datetime


def reviews_load(
    *,
    seed: int,
    plays: Iterable[Played],
    wanted: int,
    comments: Sequence[str],
    repliers: Sequence[UUID],
    until: datetime,
    track: Track,
) -> dict[UUID, int]:
    """Writes a review for each of the first `wanted` plays; returns how many each title got.

    No viewer and title may come twice in `plays`. Nothing is dated after `until`.
    """
    rng = random_for(seed, "reviews")
    documents = track(
        (_document(rng, play, comments, repliers, until) for play in islice(plays, wanted)), "reviews", wanted
    )
    written: dict[UUID, int] = {}
    collection = Review._get_collection()
    with pymongo.timeout(SECONDS_TO_ANSWER):
        for batch in _batches(documents):
            collection.insert_many(batch, ordered=False)
            for document in batch:
                written[document["content_id"]] = written.get(document["content_id"], 0) + 1
    return written


def reviews_empty() -> None:
    """Deletes every review; the collection keeps its indexes."""
    with pymongo.timeout(SECONDS_TO_ANSWER):
        Review._get_collection().delete_many({})


def reviews_counts() -> dict[str, int]:
    """Reviews and replies that the collection holds now."""
    with pymongo.timeout(SECONDS_TO_ANSWER):
        collection = Review._get_collection()
        sums = list(
            collection.aggregate([{"$group": {"_id": None, "replies": {"$sum": {"$size": "$replies"}}}}])
        )
        return {
            "reviews": collection.count_documents({}),
            "replies": sums[0]["replies"] if sums else 0,
        }


def _batches(documents: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    rest = iter(documents)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _document(
    rng: Random, play: Played, comments: Sequence[str], repliers: Sequence[UUID], until: datetime
) -> dict[str, Any]:
    """As `Review` stores it, without the cost of building one."""
    created_at = _after(rng, play.at, until)
    half_stars = round(2 * rng.gauss(RATING_MEAN, RATING_SPREAD))
    replies = rng.randint(1, MOST_REPLIES) if rng.random() < WITH_REPLIES else 0
    return {
        "_id": UUID(int=rng.getrandbits(128), version=4),
        "content_id": play.content_id,
        "user_id": play.user_id,
        "rating": min(20, max(2, half_stars)) / 2,
        "comment": _comment(rng, comments, 3),
        "created_at": created_at,
        "is_spoiler": rng.random() < SPOILERS,
        "likes_count": int(rng.expovariate(1 / LIKES_MEAN)),
        "replies": [_reply(rng, created_at, comments, repliers, until) for _ in range(replies)],
    }


def _reply(
    rng: Random, reviewed_at: datetime, comments: Sequence[str], repliers: Sequence[UUID], until: datetime
) -> dict[str, Any]:
    return {
        "user_id": rng.choice(repliers),
        "comment": _comment(rng, comments, 1),
        "created_at": _after(rng, reviewed_at, until),
    }


def _comment(rng: Random, comments: Sequence[str], longest: int) -> str:
    return " ".join(rng.choice(comments) for _ in range(rng.randint(1, longest)))


def _after(rng: Random, moment: datetime, until: datetime) -> datetime:
    """A time after `moment`, two days at most, and not past `until`."""
    seconds = int((until - moment).total_seconds())
    return moment + timedelta(seconds=rng.randint(min(1, seconds), min(LATEST_AFTER_PLAY, seconds)))
