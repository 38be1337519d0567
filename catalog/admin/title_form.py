"""A title's own form. It refuses to save over what somebody else saved meanwhile."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from catalog.models import Content
from catalog.services import content_lock, published_from


class ContentForm(forms.ModelForm):
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Content
        fields: tuple[str, ...] = ()  # the admin's fieldsets choose
        widgets = {
            "title": forms.TextInput(attrs={"class": "vTextField wide"}),
            "original_title": forms.TextInput(attrs={"class": "vTextField wide"}),
            "sort_title": forms.TextInput(attrs={"class": "vTextField wide"}),
            "tagline": forms.TextInput(attrs={"class": "vTextField wide"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "version" in self.fields and not self.instance._state.adding:
            self.fields["version"].initial = self.instance.updated_at.isoformat()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "published_at" in cleaned:  # the table's check is tried before the service could date it
            cleaned["published_at"] = published_from(cleaned.get("status", ""), cleaned["published_at"])
        if not self.instance._state.adding:
            self._refuse_if_outdated(cleaned.get("version"))
        return cleaned

    def _refuse_if_outdated(self, version: str | None) -> None:
        saved_at = content_lock(content_id=self.instance.content_id)
        if saved_at is not None and saved_at.isoformat() != version:
            raise ValidationError(
                f"This title was saved by somebody else at {saved_at:%H:%M:%S} UTC, after you opened it. "
                "Nothing of yours is saved. Open the title in another tab, and enter your changes there.",
                code="outdated",
            )
