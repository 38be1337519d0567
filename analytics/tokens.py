"""Access and refresh tokens. A refresh token is good once: using it blacklists it and makes the next pair.

Somebody who presents a used one may be a thief, or its owner after a thief: all refresh tokens of that viewer
are then revoked, and every device logs in again. So the family of a token is all the viewer's logins, not the
one login it came from. A token that was logged out counts as used. A changed password ends every token, access
tokens too. Otherwise those are not looked up: after a revocation they hold to their end, 15 minutes at most.
"""

from typing import TypedDict

from django.contrib.auth import authenticate
from django.db import transaction
from django.utils import timezone
from rest_framework_simplejwt.exceptions import AuthenticationFailed, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken
from rest_framework_simplejwt.utils import get_md5_hash_password

from analytics.models import User
from streaming.stores.aliases import ANALYTICS


class TokenPair(TypedDict):
    access: str
    refresh: str


class _PresentedToken(RefreshToken):
    """A refresh token of ours that has not expired; whether it is used up is asked later, under a lock."""

    def check_blacklist(self) -> None:
        """Nothing: the parent's raises before anybody could revoke the family."""


def pair_for_login(*, username: str, password: str) -> TokenPair:
    """Raises `AuthenticationFailed` for a wrong pair and for an inactive account alike."""
    user = authenticate(username=username, password=password)
    if not isinstance(user, User):
        raise AuthenticationFailed("Username and password do not match an active account.")
    return _pair_for(user)


def pair_for_refresh(*, refresh: str) -> TokenPair:
    """The next pair. Raises simplejwt's `TokenError` for a token that is expired, not ours, older than the
    password, or whose viewer is gone; for a used one, too, and then no refresh token of the viewer holds.
    """
    presented = _PresentedToken(refresh)  # type: ignore[arg-type]
    with transaction.atomic(using=ANALYTICS):
        pair = _next_pair(presented, _holder(presented))
    if pair is None:  # raised out here, else the revocation would be rolled back
        raise TokenError("Token is blacklisted")
    return pair


def token_revoke(*, refresh: str) -> None:
    """Ends a login. Raises simplejwt's `TokenError`."""
    RefreshToken(refresh).blacklist()  # type: ignore[arg-type]


def _holder(token: RefreshToken) -> User:
    """The token's viewer, locked: a renewal beside a revocation comes wholly before or after it."""
    user = (
        User.objects.using(ANALYTICS)
        .select_for_update(no_key=True)
        .filter(pk=token[api_settings.USER_ID_CLAIM], is_active=True)
        .first()
    )
    if user is None:
        raise TokenError("There is no active account for this token.")
    if token.get(api_settings.REVOKE_TOKEN_CLAIM) != get_md5_hash_password(user.password):
        raise TokenError("The password has been changed. Log in again.")
    return user


def _next_pair(token: RefreshToken, user: User) -> TokenPair | None:
    """None when the token had been used before: then the viewer's tokens are revoked."""
    first_use = token.blacklist()[1]  # type: ignore[index]  # it returns what get_or_create does
    if first_use:
        return _pair_for(user)
    _revoke_all(user)
    return None


def _revoke_all(user: User) -> None:
    valid = OutstandingToken.objects.using(ANALYTICS).filter(
        user=user, expires_at__gt=timezone.now(), blacklistedtoken=None
    )
    BlacklistedToken.objects.using(ANALYTICS).bulk_create(
        [BlacklistedToken(token=token) for token in valid],
        ignore_conflicts=True,  # a log-out may have been quicker
    )


def _pair_for(user: User) -> TokenPair:
    refresh = RefreshToken.for_user(user)
    return {"access": str(refresh.access_token), "refresh": str(refresh)}
