"""Reads of people and plays. They scale on the replica; the primary stands in for it.

Plays and user ids are read through the catalog's foreign tables, usernames on the replica itself. Which read may use
the replica `streaming.stores.replica` decides; `streaming_history_reads_total` counts what served each, and why.
"""

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
CAUGHT_UP = "caught_up"
READS = Counter(
    "streaming_history_reads_total",
    "Pages of plays, user ids and usernames, by the store that gave them and why.",
    ["page", "source", "reason"],
)


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
    """User id to username; ids without a user are absent. Raises `StoreUnavailable` when the replica is away.

    The primary stands in for a replica that is behind, not for one that is gone: it would get the public's reads.
    """
    if not user_ids:
        return {}
    try:
        with replica.reading():
            names = _usernames(user_ids)
    except StoreUnavailable as error:
        if replica.reason_of(error) == replica.FAILED:
            raise
        _note_primary("usernames", error)
        return _usernames(user_ids)
    _note_replica("usernames")
    return names


def user_ids_after(*, user_id: UUID | None, limit: int) -> list[UUID]:
    """Up to `limit` user ids in order, past `user_id`; from the primary when the replica is not to be had."""
    try:
        with within(REPLICA_LIMIT), replica.reading():
            page = federated.user_ids_after(user_id=user_id, limit=limit)
    except StoreUnavailable as error:
        _note_primary("user ids", error)
        return _user_ids_on_primary(user_id, limit)
    _note_replica("user ids")
    return page


def plays_page(*, user_id: UUID, after: Position | None, limit: int) -> list[Play]:
    """A viewer's plays, newest first, with all that was written before the call.

    From the replica when that has the viewer's last write, else from the primary.
    """
    try:
        with within(REPLICA_LIMIT), replica.reading(user_id=user_id):
            page = federated.plays_of(user_id=user_id, after=after, limit=limit)
    except StoreUnavailable as error:
        _note_primary("history", error)
        return _plays_on_primary(user_id, after, limit)
    _note_replica("history")
    return page


def _note_replica(page: str) -> None:
    READS.labels(page=page, source="replica", reason=CAUGHT_UP).inc()


def _note_primary(page: str, error: StoreUnavailable) -> None:
    if not isinstance(error.__cause__, replica.ReplicaSkipped):  # those are told once, by whoever decides
        logger.warning("%s read from the primary: %s", page, type(error.__cause__).__name__)
    READS.labels(page=page, source="primary", reason=replica.reason_of(error)).inc()


def _usernames(user_ids: Collection[UUID]) -> dict[UUID, str]:
    """Where the router says: on the replica inside `replica.reading`."""
    return dict(User.objects.filter(user_id__in=user_ids).values_list("user_id", "username"))


def _user_ids_on_primary(user_id: UUID | None, limit: int) -> list[UUID]:
    users = User.objects.using(ANALYTICS).order_by("user_id")
    if user_id is not None:
        users = users.filter(user_id__gt=user_id)
    return list(users.values_list("user_id", flat=True)[:limit])


def _plays_on_primary(user_id: UUID, after: Position | None, limit: int) -> list[Play]:
    plays = WatchHistory.objects.using(ANALYTICS).filter(user=user_id)
    if after is not None:
        watched_at, history_id = after
        plays = plays.filter(
            Q(watched_at__lt=watched_at) | Q(watched_at=watched_at, history_id__lt=history_id)
        )
    rows = plays.annotate(username=F("user__username")).values(*PLAY_COLUMNS)[:limit]
    return [Play(**row) for row in rows]  # type: ignore[typeddict-item]
