"""Who calls: a bearer token's viewer, read from the analytics primary by the router.

DRF imports this while it is itself half imported, so nothing here may import its views.
"""

from typing import Any
from uuid import UUID

from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.tokens import Token


class ViewerAuthentication(JWTAuthentication):
    """`Authorization: Bearer <access token>`; 401 with `WWW-Authenticate` when it does not hold."""

    def get_user(self, validated_token: Token) -> Any:
        """A token that names no UUID is of another version of ours, or of nobody's."""
        try:
            UUID(str(validated_token.get("sub")))
        except ValueError as error:
            raise InvalidToken("The token names no viewer.") from error
        return super().get_user(validated_token)
