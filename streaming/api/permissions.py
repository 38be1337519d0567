"""Who may call: viewers (anybody logged in) and staff."""

from uuid import UUID

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class IsViewer(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user is not None and request.user.is_authenticated


class IsStaff(IsViewer):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and request.user.is_staff


def viewer_id(request: Request) -> UUID:
    """The caller's id, behind `IsViewer`."""
    caller: UUID = request.user.pk  # type: ignore[assignment]  # the permission keeps anonymous callers out
    return caller
