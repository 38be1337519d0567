"""What the watch-time page is asked for: days and, if wanted, one genre."""

from datetime import date
from typing import Any

from django import forms

from streaming.gateway.reports.watch_time import RangeRefused, days_of


class DayInput(forms.DateInput):
    """The browser's own calendar; no script of ours."""

    input_type = "date"


class WatchTimeForm(forms.Form):
    first = forms.DateField(label="From", widget=DayInput(format="%Y-%m-%d"), required=False)
    last = forms.DateField(label="To", widget=DayInput(format="%Y-%m-%d"), required=False)
    genre = forms.ChoiceField(label="Genre", required=False)

    def __init__(self, *args: Any, genres: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["genre"].choices = [("", "All genres"), *((name, name) for name in genres)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                cleaned["first"], cleaned["last"] = days_of(cleaned["first"], cleaned["last"])
            except RangeRefused as error:
                raise forms.ValidationError(str(error)) from error
        return cleaned

    def days(self) -> tuple[date, date]:
        return self.cleaned_data["first"], self.cleaned_data["last"]
