"""Reads of people and plays. They scale on the replica, through the foreign tables; the primary stands in for it."""

import logging
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from prometheus_client import Counter

from analytics import federated
from analytics.federated import PLAY_COLUMNS, Play, Position
from analytics.models import User, WatchHistory
from streaming.stores import replica
from streaming.stores.aliases import ANALYTICS
from streaming.stores.deadline import within
from streaming.stores.outage import StoreUnavailable

logger = logging.getLogger("streaming.analytics")
REPLICA_LIMIT = timedelta(milliseconds=300)
FROM_PRIMARY = Counter("streaming_from_primary_total", "Pages the replica could not give.", ["page"])


def user_exists(*, user_id: UUID) -> bool:
    return User.objects.using(ANALYTICS).filter(user_id=user_id).exists()


def user_id_of(*, name: str) -> UUID | None:
    """The account of this username in any case; None without one."""
    found = User.objects.using(ANALYTICS).annotate(lower=Lower("username")).filter(lower=Lower(Value(name)))
    return found.values_list("user_id", flat=True).first()


def account_taken(*, username: str = "", email: str = "", but: UUID) -> bool:
    """Whether an account other than `but` has this username, or this address, in any case."""
    field, value = ("username", username) if username else ("email", email)
    others = User.objects.using(ANALYTICS).exclude(user_id=but).annotate(lower=Lower(field))
    return others.filter(lower=Lower(Value(value))).exists()


def usernames_by_id(user_ids: Collection[UUID]) -> dict[UUID, str]:
    """User id to username; ids without a user are absent. Raises `StoreUnavailable` without the replica."""
    if not user_ids:
        return {}
    with replica.reading():
        return federated.usernames_by_id(user_ids)


def user_ids_after(*, user_id: UUID | None, limit: int) -> list[UUID]:
    """Up to `limit` user ids in order, past `user_id`; from the primary when the replica is not to be had."""
    try:
        with within(REPLICA_LIMIT), replica.reading():
            return federated.user_ids_after(user_id=user_id, limit=limit)
    except StoreUnavailable as error:
        _note_primary("user ids", error)
        users = User.objects.using(ANALYTICS).order_by("user_id")
        if user_id is not None:
            users = users.filter(user_id__gt=user_id)
        return list(users.values_list("user_id", flat=True)[:limit])


def plays_page(*, user_id: UUID, after: Position | None, limit: int) -> list[Play]:
    """A viewer's plays, newest first, from the replica; from the primary when that is not to be had."""
    try:
        with within(REPLICA_LIMIT), replica.reading():
            return federated.plays_of(user_id=user_id, after=after, limit=limit)
    except StoreUnavailable as error:
        _note_primary("history", error)
        return _plays_on_primary(user_id, after, limit)


def _note_primary(page: str, error: StoreUnavailable) -> None:
    logger.warning("%s read from the primary: %s", page, type(error.__cause__).__name__)
    FROM_PRIMARY.labels(page=page).inc()


def _plays_on_primary(user_id: UUID, after: Position | None, limit: int) -> list[Play]:
    plays = WatchHistory.objects.using(ANALYTICS).filter(user=user_id)
    if after is not None:
        watched_at, history_id = after
        plays = plays.filter(
            Q(watched_at__lt=watched_at) | Q(watched_at=watched_at, history_id__lt=history_id)
        )
    rows = plays.annotate(username=F("user__username")).values(*PLAY_COLUMNS)[:limit]
    return [Play(**row) for row in rows]  # type: ignore[typeddict-item]
