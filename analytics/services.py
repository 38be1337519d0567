"""Writes of people and their plays. Who is first rests on the unique constraints, not on a check before.

Each has the viewer's own reads see it (`streaming.stores.replica.wrote`), once it is committed.
"""

from datetime import datetime
from functools import partial
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction

from analytics.models import User, WatchHistory
from streaming.stores import replica
from streaming.stores.aliases import ANALYTICS

FIELD_OF_CONSTRAINT = {
    "users_username_any_case": "username",
    "users_username_key": "username",
    "users_email_any_case": "email",
}
SAME_EVENT = "history_event_once"


class AlreadyTaken(Exception):
    """Another account has this `field`."""

    def __init__(self, field: str) -> None:
        super().__init__(f"The {field} is taken.")
        self.field = field


def user_register(*, username: str, email: str, password: str) -> User:
    """Creates a viewer who can log in. Raises `AlreadyTaken`, `django.core.exceptions.ValidationError`."""
    validate_password(password, User(username=username, email=email))
    try:
        with transaction.atomic(using=ANALYTICS):
            user = User.objects.db_manager(ANALYTICS).create_user(username, email, password)
    except IntegrityError as error:
        constraint = _constraint(error)
        if constraint not in FIELD_OF_CONSTRAINT:
            raise
        # Where both are, which constraint is looked at first depends on which index was made first.
        named = User.objects.using(ANALYTICS).filter(username__iexact=User.normalize_username(username))
        field = "username" if named.exists() else FIELD_OF_CONSTRAINT[constraint]
        raise AlreadyTaken(field) from error
    _seen_after_commit(user.user_id)
    return user


def account_save(*, user: User) -> None:
    """Saves an account that staff made or changed."""
    user.save(using=ANALYTICS)
    _seen_after_commit(user.user_id)


def play_record(
    *,
    user_id: UUID,
    content_id: UUID,
    event_id: UUID,
    watched_at: datetime,
    duration_watched_seconds: int,
    last_position_seconds: int,
) -> bool:
    """Stores a play, once for each of the viewer's `event_id`s, however often it is sent. True when it is new.

    Raises `django.db.IntegrityError` without such a user or with negative seconds.
    """
    play = WatchHistory(
        user_id=user_id,
        content_id=content_id,
        event_id=event_id,
        watched_at=watched_at,
        duration_watched_seconds=duration_watched_seconds,
        last_position_seconds=last_position_seconds,
    )
    try:
        with transaction.atomic(using=ANALYTICS):
            play.save(using=ANALYTICS, force_insert=True)
        new = True
    except IntegrityError as error:
        if _constraint(error) != SAME_EVENT:
            raise
        new = False
    _seen_after_commit(user_id)  # of a repeated event, too: its first sender may have died before this line
    return new


def _seen_after_commit(user_id: UUID) -> None:
    transaction.on_commit(partial(replica.wrote, user_id), using=ANALYTICS)


def _constraint(error: IntegrityError) -> str:
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
