"""Who calls: a bearer token's viewer, read from the analytics primary by the router.

DRF imports this while it is itself half imported, so nothing here may import its views.
"""

from rest_framework_simplejwt.authentication import JWTAuthentication


class ViewerAuthentication(JWTAuthentication):
    """`Authorization: Bearer <access token>`; 401 with `WWW-Authenticate` when it does not hold."""
