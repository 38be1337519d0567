"""What a client may send: serializers that refuse fields they do not know, and UUIDs that are UUIDs."""

from typing import Any, TypeVar

from rest_framework import serializers
from rest_framework.request import Request

S = TypeVar("S", bound="StrictSerializer")


class StrictSerializer(serializers.Serializer[Any]):
    """Declares the shape of an input. An unknown field is an error, so that a typo is never ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError(
                {
                    str(name): serializers.ErrorDetail("There is no such field.", code="unknown")
                    for name in unknown
                }
            )
        return super().to_internal_value(data)


def query_of(request: Request, serializer: type[StrictSerializer]) -> dict[str, Any]:
    """The validated query string. A repeated parameter is an error, not a silent last one."""
    repeated = [name for name, values in request.query_params.lists() if len(values) > 1]
    if repeated:
        raise serializers.ValidationError(
            {name: serializers.ErrorDetail("Given more than once.", code="repeated") for name in repeated}
        )
    return _validated(serializer, request.query_params.dict())


def body_of(request: Request, serializer: type[StrictSerializer]) -> dict[str, Any]:
    """The validated JSON body."""
    return _validated(serializer, request.data)


def _validated(serializer: type[StrictSerializer], data: Any) -> dict[str, Any]:
    bound = serializer(data=data)
    bound.is_valid(raise_exception=True)
    return dict(bound.validated_data)
