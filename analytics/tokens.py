"""Access and refresh tokens. A refresh token is good once: using it blacklists it and makes the next pair."""

from typing import TypedDict

from django.contrib.auth import authenticate
from django.db import transaction
from rest_framework_simplejwt.exceptions import AuthenticationFailed, TokenError
from rest_framework_simplejwt.tokens import RefreshToken

from analytics.models import User
from streaming.stores.router import ANALYTICS


class TokenPair(TypedDict):
    access: str
    refresh: str


def pair_for_login(*, username: str, password: str) -> TokenPair:
    """Raises `AuthenticationFailed` for a wrong pair and for an inactive account alike."""
    user = authenticate(username=username, password=password)
    if not isinstance(user, User):
        raise AuthenticationFailed("Username and password do not match an active account.")
    return _pair_for(user)


def pair_for_refresh(*, refresh: str) -> TokenPair:
    """Raises simplejwt's `TokenError` for a token that is used up, expired or not ours, or whose viewer is gone.

    Who uses a token first rests on the blacklist's unique key: of two calls at once, one gets the next pair.
    """
    used = RefreshToken(refresh)  # type: ignore[arg-type]
    user = User.objects.using(ANALYTICS).filter(pk=used["sub"], is_active=True).first()
    if user is None:
        raise TokenError("There is no active account for this token.")
    with transaction.atomic(using=ANALYTICS):
        _use(used)
        return _pair_for(user)


def _use(token: RefreshToken) -> None:
    """Raises `TokenError` when somebody was first."""
    if not token.blacklist()[1]:  # type: ignore[index]  # it returns what get_or_create does
        raise TokenError("Token is blacklisted")


def _pair_for(user: User) -> TokenPair:
    refresh = RefreshToken.for_user(user)
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


def token_revoke(*, refresh: str) -> None:
    """Ends a login. Raises simplejwt's `TokenError`."""
    RefreshToken(refresh).blacklist()  # type: ignore[arg-type]
