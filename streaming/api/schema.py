"""The OpenAPI description: every operation gets the problems it can answer with, declared in one place.

drf-spectacular documents what succeeds. What can fail follows from the operation itself: a path with an id can
be 404, a body 400, 413 and 415, a token 401, a permission 403, a throttle 429, any store 503. Every read is
conditional.
"""

from typing import Any, Literal

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework.permissions import AllowAny

from streaming.api.moved import parameters
from streaming.api.problems import CODES, MEDIA_TYPE

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and what to do."},
        "code": {"type": "string", "description": "Stable; for programs."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


MOVED = {
    "description": "Merged into another title or person: the same address with the id that they have now.",
    "headers": {"Location": {"schema": {"type": "string"}, "required": True}},
}


class ViewerScheme(SimpleJWTScheme):  # type: ignore[no-untyped-call]  # drf-spectacular registers subclasses
    target_class = "streaming.api.authentication.ViewerAuthentication"
    name = "viewer"


class ProblemAwareSchema(AutoSchema):
    """Adds the problems, and `problem_statuses` that a view declares beyond those."""

    def get_summary(self) -> str:
        """The first sentence of the method's docstring: what a reader sees of a folded operation."""
        return str(self.get_description()).split(".")[0].split(";")[0]

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> Any:
        responses = super()._get_response_bodies(direction)
        if self.method == "GET":
            responses["304"] = {"description": "Not modified: `If-None-Match` names the present `ETag`."}
        if any(f"{{{parameter}}}" in self.path for parameter in parameters()):
            responses["308"] = MOVED
        for status_code in sorted(self._problem_statuses()):
            responses.setdefault(str(status_code), self._problem_response(status_code))
        return responses

    def _problem_statuses(self) -> set[int]:
        statuses = {400, 406, 503} | set(getattr(self.view, "problem_statuses", ()))
        if "{" in self.path:
            statuses.add(404)
        if self.method in {"POST", "PUT", "PATCH", "DELETE"}:
            statuses |= {413, 415}
        if any(not isinstance(permission, AllowAny) for permission in self.view.get_permissions()):
            statuses.add(403)
        if self.view.get_authenticators():
            statuses.add(401)
        if self.view.get_throttles():
            statuses.add(429)
        return statuses

    def _problem_response(self, status_code: int) -> dict[str, Any]:
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name="Problem", type=ResolvedComponent.SCHEMA, schema=PROBLEM, object="Problem"
        )
        self.registry.register_on_missing(component)
        return {
            "description": CODES[status_code],
            "content": {MEDIA_TYPE: {"schema": component.ref}},
        }
