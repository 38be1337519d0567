"""Access and refresh tokens. A refresh token is good once: using it blacklists it and makes the next pair."""

from typing import TypedDict

from django.contrib.auth import authenticate
from rest_framework_simplejwt.exceptions import AuthenticationFailed
from rest_framework_simplejwt.serializers import TokenRefreshSerializer
from rest_framework_simplejwt.tokens import RefreshToken

from analytics.models import User


class TokenPair(TypedDict):
    access: str
    refresh: str


def pair_for_login(*, username: str, password: str) -> TokenPair:
    """Raises `AuthenticationFailed` for a wrong pair and for an inactive account alike."""
    user = authenticate(username=username, password=password)
    if not isinstance(user, User):
        raise AuthenticationFailed("Username and password do not match an active account.")
    refresh = RefreshToken.for_user(user)
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


def pair_for_refresh(*, refresh: str) -> TokenPair:
    """Raises simplejwt's `TokenError` for a token that is used up, expired or not ours."""
    serializer = TokenRefreshSerializer()
    pair = serializer.validate({"refresh": refresh})
    return {"access": pair["access"], "refresh": pair["refresh"]}


def token_revoke(*, refresh: str) -> None:
    """Ends a login. Raises simplejwt's `TokenError`."""
    RefreshToken(refresh).blacklist()  # type: ignore[arg-type]
