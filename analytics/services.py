"""Writes of people: registering a viewer. Who is first rests on the unique constraints, not on a check before."""

from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction

from analytics.models import User
from streaming.stores.aliases import ANALYTICS

FIELD_OF_CONSTRAINT = {
    "users_username_any_case": "username",
    "users_username_key": "username",
    "users_email_any_case": "email",
}


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
            return User.objects.db_manager(ANALYTICS).create_user(username, email, password)
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
        if constraint not in FIELD_OF_CONSTRAINT:
            raise
        raise AlreadyTaken(FIELD_OF_CONSTRAINT[constraint]) from error
