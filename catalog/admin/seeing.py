"""Who can see a title: the panel on its first page and beside its rights.

The answer is that of `GET /content/{id}/visibility`, for the audience that the panel's own small form names.

Entry point: `panel`. Failure: none of its own; what cannot be asked is told at the form's fields.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from catalog.admin.codes import TerritoryField
from catalog.models.shared import OLDEST_AGE
from catalog.selectors.visibility import content_visibility

FIRST_YEAR, LAST_YEAR = 1900, 2999  # beyond, nothing begins or ends, and calendars do


class AudienceForm(forms.Form):
    """Each may be empty: somebody anywhere, now, without a limit."""

    territory = TerritoryField(required=False)
    at = forms.DateTimeField(
        required=False,
        label="At (UTC, empty for now)",
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        error_messages={"invalid": "This is no moment as in 2027-01-31 20:15, which is UTC."},
    )
    limit = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=OLDEST_AGE,
        label="Maturity limit in years",
        error_messages={"invalid": "This is no whole number of years."},
    )

    def clean_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["at"]
        if at is not None and not FIRST_YEAR <= at.year <= LAST_YEAR:
            raise ValidationError(f"Ask of a moment from {FIRST_YEAR} to {LAST_YEAR}.")
        return at


def panel(request: HttpRequest, content_id: UUID) -> dict[str, Any] | None:
    """The form, and the answer to it; no answer where the form has errors. None when there is no such title."""
    form = AudienceForm(request.GET, auto_id="seen_%s")
    asked = form.cleaned_data if form.is_valid() else {}
    answer = content_visibility(
        content_id=content_id,
        territory=asked.get("territory") or None,
        at=asked.get("at"),
        limit=asked.get("limit"),
    )
    if answer is None:
        return None
    is_open = (
        not form.is_valid()
        or not answer["visible"]
        or any(value not in (None, "") for value in asked.values())
    )
    return {"form": form, "answer": answer if form.is_valid() else None, "is_open": is_open}
