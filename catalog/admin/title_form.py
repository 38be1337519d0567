"""A title's own form. It refuses to save over what somebody else saved meanwhile."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from catalog.locking import people_lock
from catalog.models import Content
from catalog.services import content_lock, published_from
from streaming.api.admin import uuid_or_none


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
        """Holds the title until it is saved, and the people of its credits before it: `catalog.locking` says why."""
        people_lock(self._credited())
        saved_at = content_lock(content_id=self.instance.content_id)
        if saved_at is not None and saved_at.isoformat() != version:
            raise ValidationError(
                f"This title was saved by somebody else at {saved_at:%H:%M:%S} UTC, after you opened it. "
                "Nothing of yours is saved. Open the title in another tab, and enter your changes there.",
                code="outdated",
            )

    def _credited(self) -> list[UUID]:
        """Whom the page's credits name; their own form comes after this one."""
        people = [
            uuid_or_none(value)
            for name, value in self.data.items()
            if name.startswith("credits-") and name.endswith("-person")
        ]
        return [person_id for person_id in people if person_id is not None]
