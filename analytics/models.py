"""People and their plays: `users` and `user_watch_history`, in `analytics_db` and copied to the replica.

Only the columns in `analytics.replication.PUBLISHED` leave the primary; every other column of `users` has a
database default, because the apply worker inserts rows without it. A play's `content_id` is a plain UUID:
titles live in another database.
"""

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower, Now


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, email: str, password: str | None = None, **fields: bool) -> "User":
        """A viewer. `password` None: cannot log in."""
        user = self.model(
            username=self.model.normalize_username(username),
            email=self.normalize_email(email),
            **fields,
        )
        user.set_password(password)
        user.save(using=self._db, force_insert=True)
        return user

    def create_superuser(self, username: str, email: str, password: str | None = None) -> "User":
        return self.create_user(username, email, password, is_staff=True, is_superuser=True)

    def get_by_natural_key(self, username: str | None) -> "User":
        """In any case, by the rule and the index that keep names unique: `iexact` would hold "i" and "ı" the same."""
        name = self.model.normalize_username(username or "")
        return self.annotate(lower=Lower("username")).get(lower=Lower(Value(name)))


class User(AbstractBaseUser, PermissionsMixin):
    user_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField(max_length=150, unique=True, validators=[UnicodeUsernameValidator()])
    email = models.EmailField(blank=True, db_default="")
    registration_date = models.DateTimeField(db_default=Now(), editable=False)
    password = models.CharField(max_length=128, db_default="")
    is_active = models.BooleanField(default=True, db_default=True)
    is_staff = models.BooleanField(default=False, db_default=False, help_text="May use the admin.")
    is_superuser = models.BooleanField(default=False, db_default=False, help_text="Has every permission.")

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    objects = UserManager()

    class Meta:
        db_table = "users"
        ordering = ["username"]
        constraints = [
            models.UniqueConstraint(Lower("username"), name="users_username_any_case"),
            # Conditional: on the replica every e-mail is the empty default.
            models.UniqueConstraint(Lower("email"), condition=~Q(email=""), name="users_email_any_case"),
        ]

    def __str__(self) -> str:
        return self.username


class WatchHistory(models.Model):
    """One play of a title by a viewer. `event_id` is the player's own; a viewer's event counts once."""

    history_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="plays", db_index=False)
    content_id = models.UUIDField()
    watched_at = models.DateTimeField()
    duration_watched_seconds = models.PositiveIntegerField()
    last_position_seconds = models.PositiveIntegerField()
    event_id = models.UUIDField(default=uuid.uuid4)

    class Meta:
        db_table = "user_watch_history"
        verbose_name = "play"
        verbose_name_plural = "watch history"
        ordering = ["-watched_at", "-history_id"]
        indexes = [
            models.Index(fields=["user", "-watched_at", "-history_id"], name="history_of_user"),
            models.Index(fields=["-watched_at", "-history_id"], name="history_by_time"),
        ]
        constraints = [models.UniqueConstraint(fields=["user", "event_id"], name="history_event_once")]

    def __str__(self) -> str:
        return f"play at {self.watched_at:%F %T}"
