"""Endpoints of accounts: register, log in, renew, log out."""

from django.core.exceptions import ValidationError as ModelValidationError
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError

from analytics.serializers import (
    RefreshInput,
    RegisterInput,
    TokenInput,
    TokenPairSerializer,
    ViewerSerializer,
)
from analytics.services import AlreadyTaken, user_register
from analytics.tokens import pair_for_login, pair_for_refresh, token_revoke
from streaming.api.inputs import body_of
from streaming.api.problems import Conflict
from streaming.api.throttles import AuthThrottle


class AuthView(APIView):
    authentication_classes = ()  # whoever logs in need not be logged in, nor a stale token stop them
    throttle_classes = [AuthThrottle]

    def get_authenticate_header(self, request: Request) -> str:
        """Without an authenticator to name a scheme DRF would turn 401 into 403."""
        return 'Bearer realm="api"'


class RegisterView(AuthView):
    problem_statuses = (409,)

    @extend_schema(operation_id="auth_register", request=RegisterInput, responses={201: ViewerSerializer})
    def post(self, request: Request) -> Response:
        """Creates a viewer."""
        try:
            viewer = user_register(**body_of(request, RegisterInput))
        except ModelValidationError as error:
            raise ValidationError({"password": list(error.messages)}) from error
        except AlreadyTaken as error:
            raise Conflict(f"The {error.field} is taken. Choose another or log in.") from error
        return Response(ViewerSerializer(viewer).data, status=status.HTTP_201_CREATED)


class TokenView(AuthView):
    problem_statuses = (401,)

    @extend_schema(operation_id="auth_token", request=TokenInput, responses={200: TokenPairSerializer})
    def post(self, request: Request) -> Response:
        """Username and password for a pair of tokens."""
        return Response(pair_for_login(**body_of(request, TokenInput)))


class RefreshView(AuthView):
    problem_statuses = (401,)

    @extend_schema(
        operation_id="auth_token_refresh",
        request=RefreshInput,
        responses={200: TokenPairSerializer},
    )
    def post(self, request: Request) -> Response:
        """A refresh token, once, for the next pair. Used twice, it ends every login of its viewer."""
        try:
            return Response(pair_for_refresh(**body_of(request, RefreshInput)))
        except TokenError as error:
            raise InvalidToken(str(error)) from error


class LogoutView(AuthView):
    problem_statuses = (401,)

    @extend_schema(operation_id="auth_logout", request=RefreshInput, responses={204: None})
    def post(self, request: Request) -> Response:
        """Makes a refresh token useless."""
        try:
            token_revoke(**body_of(request, RefreshInput))
        except TokenError as error:
            raise InvalidToken(str(error)) from error
        return Response(status=status.HTTP_204_NO_CONTENT)
