"""What a client may send: serializers that refuse fields they do not know and values of another type.

DRF's fields take what resembles their type: `true` for a number, 7 for a text, `1_0` and `١` for 10 and 1.
Here a JSON value is of its field's JSON type and a number in a query string is plain digits.
"""

import re
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
JSON_TYPES: tuple[tuple[type[serializers.Field], tuple[type, ...]], ...] = (
    (serializers.BooleanField, (bool,)),
    (serializers.IntegerField, (int,)),
    (serializers.FloatField, (int, float)),
    (serializers.CharField, (str,)),
    (serializers.UUIDField, (str,)),
    (serializers.DateTimeField, (str,)),
)


class StrictSerializer(serializers.Serializer[Any]):
    """Declares the shape of an input. An unknown field is an error, so that a typo is never ignored."""

    def to_internal_value(self, data: Any) -> Any:
        wrong = self._wrong_fields(data) if isinstance(data, dict) else {}
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            others = error.detail if isinstance(error.detail, dict) else {}
            raise serializers.ValidationError({**others, **wrong}) from error
        if wrong:
            raise serializers.ValidationError(wrong)
        return value

    def _wrong_fields(self, data: dict[str, Any]) -> dict[str, serializers.ErrorDetail]:
        wrong = {}
        mistyped = _mistyped_in_json if self.context.get("json") else _mistyped_in_query
        for name, value in data.items():
            if name not in self.fields:
                wrong[name] = serializers.ErrorDetail("There is no such field or parameter.", code="unknown")
            elif value is not None and mistyped(self.fields[name], value):
                wrong[name] = serializers.ErrorDetail(
                    "The value is not of this field's type.", code="invalid"
                )
        return wrong


class NoFields(StrictSerializer):
    """For what takes no parameters, or no body: any is an error."""


def query_of(request: Request, serializer: type[StrictSerializer]) -> dict[str, Any]:
    """The validated query string. A repeated parameter is an error, not a silent last one."""
    repeated = [name for name, values in request.query_params.lists() if len(values) > 1]
    if repeated:
        raise serializers.ValidationError(
            {name: serializers.ErrorDetail("Given more than once.", code="repeated") for name in repeated}
        )
    return _validated(serializer, request.query_params.dict(), json=False)


def body_of(request: Request, serializer: type[StrictSerializer]) -> dict[str, Any]:
    """The validated JSON body. What takes a body takes no query parameters."""
    query_of(request, NoFields)
    return _validated(serializer, request.data, json=True)


def _mistyped_in_json(field: serializers.Field, value: Any) -> bool:
    for kind, types in JSON_TYPES:
        if isinstance(field, kind):
            return not isinstance(value, types) or (isinstance(value, bool) and bool not in types)
    return False


def _mistyped_in_query(field: serializers.Field, value: str) -> bool:
    return isinstance(field, serializers.IntegerField) and not WHOLE_NUMBER.fullmatch(value)


def _validated(serializer: type[StrictSerializer], data: Any, *, json: bool) -> dict[str, Any]:
    bound = serializer(data=data, context={"json": json})
    bound.is_valid(raise_exception=True)
    return dict(bound.validated_data)
