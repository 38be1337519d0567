"""A title's texts in other languages, and its other titles."""

from django import forms

from catalog.admin.choosing import PartForm
from catalog.admin.rows import PartOfTitle
from catalog.models import AlternativeTitle, Translation


class TranslationForm(PartForm):
    class Meta:
        model = Translation
        fields = [
            "language",
            "title",
            "sort_title",
            "tagline",
            "summary_190",
            "summary_400",
            "summary_4000",
        ]
        labels = {
            "summary_190": "Up to 190 characters",
            "summary_400": "Up to 400",
            "summary_4000": "Up to 4,000",
        }
        widgets = {
            "summary_190": forms.Textarea(attrs={"rows": 2, "cols": 80}),
            "summary_400": forms.Textarea(attrs={"rows": 3, "cols": 80}),
            "summary_4000": forms.Textarea(attrs={"rows": 6, "cols": 80}),
        }


class TranslationInline(PartOfTitle):
    """One beneath the other: seven texts are no row of a table."""

    model = Translation
    form = TranslationForm
    template = "admin/edit_inline/stacked.html"
    fieldsets = (
        (None, {"fields": ("language", ("title", "sort_title"), "tagline")}),
        ("Summaries", {"fields": ("summary_190", "summary_400", "summary_4000")}),
    )


class AlternativeTitleInline(PartOfTitle):
    model = AlternativeTitle
    fields = ("title", "kind", "country", "language")
