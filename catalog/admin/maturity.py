"""Levels of maturity: what a value of a rating system means in years, and which values mean nothing yet."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse

from catalog.admin.shared import SharedAdmin
from catalog.models import MaturityLevel
from catalog.selectors.maturity import unmapped_maturity, unrated_titles
from catalog.services import level_save, levels_delete

PREFILLED = ("system", "value")


class LevelForm(forms.ModelForm):
    """Spelled as the service stores it, so that a value that is there already is an error of the form."""

    class Meta:
        model = MaturityLevel
        fields = ["system", "value", "minimum_age", "edition"]

    def clean_system(self) -> str:
        return str(self.cleaned_data["system"]).strip().upper()

    def clean_value(self) -> str:
        return str(self.cleaned_data["value"]).strip().upper()


@admin.register(MaturityLevel)
class MaturityLevelAdmin(SharedAdmin):
    form = LevelForm
    change_list_template = "catalog/admin/levels.html"
    list_display = ("system", "value", "minimum_age", "edition")
    list_filter = ("minimum_age",)
    search_fields = ("system", "value")
    search_help_text = "Part of the system's name or of the value."
    fields = ("system", "value", "minimum_age", "edition")

    def get_urls(self) -> Any:
        report = path(
            "unmapped/", self.admin_site.admin_view(self.unmapped_view), name="catalog_maturitylevel_unmapped"
        )
        return [report, *super().get_urls()]

    def unmapped_view(self, request: HttpRequest) -> HttpResponse:
        """Values that titles have and no level maps: they hide their titles from every request with a limit."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        add = reverse("admin:catalog_maturitylevel_add")
        context = {
            **self.admin_site.each_context(request),
            "title": "Ratings that no level maps",
            "opts": self.opts,
            "unmapped": [
                (found, f"{add}?{urlencode({'system': found.system, 'value': found.value})}")
                for found in unmapped_maturity()
            ],
            "unrated": unrated_titles(),
            "may_add": self.has_add_permission(request),
        }
        return TemplateResponse(request, "catalog/admin/unmapped.html", context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The report's links fill in the value that is to be mapped."""
        return {name: request.GET[name] for name in PREFILLED if name in request.GET}

    def save_row(self, row: MaturityLevel) -> None:
        level_save(level=row)

    def delete_rows(self, keys: list[Any]) -> None:
        levels_delete(ids=keys)
