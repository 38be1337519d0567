"""Fields for several values in one input, with commas between.

Django's own field says of a wrong one "Item 2 in the array did not validate", which an editor would have to count.

Entry point: `EnumerationField`. Failure: `ValidationError`s that name the values.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError

from catalog.languages import shortened

LONGEST_NAMED = 60  # characters


class EnumerationField(SimpleArrayField):
    """An error names the value that it is of. Blanks, and what is empty between two commas, are no values."""

    def to_python(self, value: Any) -> list[Any]:  # type: ignore[override]  # as the superclass, untyped
        items = value if isinstance(value, list) else str(value or "").split(self.delimiter)
        said = [item.strip() if isinstance(item, str) else item for item in items]
        return self._each(self.base_field.to_python, [item for item in said if item not in self.empty_values])

    def validate(self, value: Sequence[Any]) -> None:
        super(SimpleArrayField, self).validate(value)
        self._each(self.base_field.validate, value)

    def run_validators(self, value: Sequence[Any]) -> None:
        super(SimpleArrayField, self).run_validators(value)
        self._each(self.base_field.run_validators, value)

    def _each(self, check: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
        checked, errors = [], []
        for item in items:
            try:
                checked.append(check(item))
            except ValidationError as error:
                named = shortened(str(item), LONGEST_NAMED)
                errors += [ValidationError(f"“{named}”: {said}", code="item") for said in error.messages]
        if errors:
            raise ValidationError(errors)
        return checked
