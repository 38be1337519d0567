"""Who may see a title, as rows: windows of availability, and ratings of maturity with the ages behind them."""

from typing import Any

from django import forms
from django.contrib import admin

from catalog.admin.choosing import PartForm, PartFormSet
from catalog.admin.rows import PartOfTitle
from catalog.maturity import ages_by_label, label_of
from catalog.models import AvailabilityWindow, MaturityRating
from catalog.services.windows import overlaps_among


class WindowForm(PartForm):
    class Meta:
        model = AvailabilityWindow
        fields = ["territory", "licence", "starts_at", "ends_at"]
        labels = {"starts_at": "From (UTC)", "ends_at": "Until (UTC)"}
        help_texts = {"starts_at": "Empty: has always been open."}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        start, end = cleaned.get("starts_at"), cleaned.get("ends_at")
        if start is not None and end is not None and end <= start:
            self.add_error("ends_at", "The end is to be after the start.")
        return cleaned


class WindowFormSet(PartFormSet):
    """Windows of one territory and licence do not overlap."""

    def clean(self) -> None:
        super().clean()
        form_of = {id(form.instance): form for form in self.kept}
        changed = [form.instance for form in form_of.values() if form.has_changed()]
        others = [form.instance for form in form_of.values() if not form.has_changed()]
        for window, met in overlaps_among(changed, [*others, *self.beyond]):
            form_of[id(window)].add_error(None, f"This window overlaps another one: {met}.")


class WindowInline(PartOfTitle):
    model = AvailabilityWindow
    form = WindowForm
    formset = WindowFormSet


class MaturityRatingForm(PartForm):
    class Meta:
        model = MaturityRating
        fields = ["system", "country", "value", "descriptors"]
        widgets = {
            "system": forms.TextInput(attrs={"class": "vTextField short"}),
            "value": forms.TextInput(attrs={"class": "vTextField short"}),
        }


class MaturityRatingInline(PartOfTitle):
    model = MaturityRating
    form = MaturityRatingForm
    fields = ("system", "country", "value", "minimum_age", "descriptors")
    readonly_fields = ("minimum_age",)

    @admin.display(description="minimum age")
    def minimum_age(self, rating: MaturityRating) -> str:
        if rating._state.adding:
            return ""
        age = ages_by_label().get(label_of(rating.system, rating.value))
        return "unmapped: hides the title from limited requests" if age is None else f"{age}"
