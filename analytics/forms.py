"""Forms of the admin's account pages. A name or address taken in another case is said at the field."""

from typing import Any

from django.contrib.auth.forms import (
    AdminUserCreationForm,
    ReadOnlyPasswordHashField,
    ReadOnlyPasswordHashWidget,
    UserChangeForm,
    UsernameField,
)
from django.core.exceptions import ValidationError

from analytics.models import User
from analytics.selectors import account_taken


class PasswordState(ReadOnlyPasswordHashWidget):
    """Whether there is a password, and the way to change it; nothing of the hash."""

    def get_context(self, name: str, value: str | None, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        hashed = any("value" in entry for entry in context["summary"])
        state = "A password is set." if hashed else "No usable password: this account cannot log in."
        return {**context, "summary": [{"label": state}]}


class UniqueInAnyCase:
    """For forms of `User`: the database's two case-insensitive constraints as errors of their fields."""

    cleaned_data: dict[str, Any]
    instance: User

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if account_taken(username=username, but=self.instance.user_id):
            raise ValidationError("Another account has this name, perhaps in another case.", code="unique")
        return username

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if email and account_taken(email=email, but=self.instance.user_id):
            raise ValidationError("Another account has this address, perhaps in another case.", code="unique")
        return email


class AccountAddForm(UniqueInAnyCase, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("username", "email")
        field_classes = {"username": UsernameField}


class AccountForm(UniqueInAnyCase, UserChangeForm):
    password = ReadOnlyPasswordHashField(widget=PasswordState)

    class Meta:
        model = User
        fields = "__all__"  # the admin's fieldsets choose
        field_classes = {"username": UsernameField}
