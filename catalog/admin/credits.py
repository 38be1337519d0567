"""A title's credits."""

from typing import Any

from django import forms
from django.db.models import Max

from catalog.admin.choosing import PartForm, PartFormSet
from catalog.admin.rows import PartOfTitle
from catalog.models import Credit

# As TMDB names them; any other is as good.
DEPARTMENTS = (
    *("Acting", "Art", "Camera", "Costume & Make-Up", "Creator", "Crew", "Directing", "Editing", "Lighting"),
    *("Production", "Sound", "Visual Effects", "Writing"),
)


class CreditForm(PartForm):
    class Meta:
        model = Credit
        fields = ["person", "department", "job", "character_name", "credited_as", "billing_order"]
        labels = {"character_name": "Character", "billing_order": "Place"}
        widgets = {
            "department": forms.TextInput(attrs={"class": "vTextField short", "list": "departments"}),
            "job": forms.TextInput(attrs={"class": "vTextField short"}),
            "billing_order": forms.NumberInput(attrs={"class": "vIntegerField", "placeholder": "next"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "billing_order" in self.fields:
            self.fields["billing_order"].required = False
            self.fields["billing_order"].initial = None
        if "job" in self.fields:
            # Else whoever's job an editor leaves alone is an actor, by the column's default.
            self.fields["job"].initial = None


class CreditFormSet(PartFormSet):
    """Credits without a billing order come after the others, in the order of the form."""

    def clean(self) -> None:
        super().clean()
        beyond = self.beyond.aggregate(last=Max("billing_order"))["last"] or 0
        last = max((form.cleaned_data.get("billing_order") or 0 for form in self.kept), default=0)
        last = max(last, beyond)
        for form in self.kept:
            if form.cleaned_data.get("billing_order") is None:
                last += 1
                form.instance.billing_order = last


class CreditInline(PartOfTitle):
    model = Credit
    form = CreditForm
    formset = CreditFormSet
    searched = ("person",)
