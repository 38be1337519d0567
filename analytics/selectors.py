"""Reads of people and plays. They scale on the replica, through the foreign tables; the primary stands in for it."""

import logging
from datetime import timedelta
from uuid import UUID

from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from prometheus_client import Counter

from analytics import federated
from analytics.federated import PLAY_COLUMNS, Play, Position
from analytics.models import User, WatchHistory
from streaming.stores.deadline import within
from streaming.stores.outage import StoreUnavailable, unavailable_as
from streaming.stores.router import ANALYTICS

logger = logging.getLogger("streaming.analytics")
REPLICA_LIMIT = timedelta(milliseconds=300)
FROM_PRIMARY = Counter("streaming_history_from_primary_total", "History pages the replica could not give.")


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


def plays_page(*, user_id: UUID, after: Position | None, limit: int) -> list[Play]:
    """A viewer's plays, newest first, from the replica; from the primary when that is not to be had."""
    try:
        with unavailable_as("replica"), within(REPLICA_LIMIT):
            return federated.plays_of(user_id=user_id, after=after, limit=limit)
    except StoreUnavailable as error:
        logger.warning("history read from the primary: %s", type(error.__cause__).__name__)
        FROM_PRIMARY.inc()
        return _plays_on_primary(user_id, after, limit)


def _plays_on_primary(user_id: UUID, after: Position | None, limit: int) -> list[Play]:
    plays = WatchHistory.objects.using(ANALYTICS).filter(user=user_id)
    if after is not None:
        watched_at, history_id = after
        plays = plays.filter(
            Q(watched_at__lt=watched_at) | Q(watched_at=watched_at, history_id__lt=history_id)
        )
    rows = plays.annotate(username=F("user__username")).values(*PLAY_COLUMNS)[:limit]
    return [Play(**row) for row in rows]  # type: ignore[typeddict-item]
