"""A title's pictures, videos, and the stretches that a player may skip."""

from collections import defaultdict
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.admin.choosing import PartForm, PartFormSet
from catalog.admin.episodes import OfEpisodeInline
from catalog.admin.rows import PartOfTitle
from catalog.models import Artwork, Marker, Video


class ArtworkFormSet(PartFormSet):
    """Of each kind and language one picture at most is the primary."""

    def clean(self) -> None:
        super().clean()
        primary: defaultdict[tuple[str, str], list[forms.ModelForm]] = defaultdict(list)
        for form in self.kept:
            if form.instance.is_primary:
                primary[form.instance.kind, form.instance.language].append(form)
        beyond = set(self.beyond.filter(is_primary=True).values_list("kind", "language"))
        for (kind, language), rivals in primary.items():
            for form in rivals[0 if (kind, language) in beyond else 1 :]:
                which = f"{kind} in {language}" if language else f"{kind} without text"
                form.add_error("is_primary", f"There is another primary {which}; only one can be.")


class ArtworkInline(PartOfTitle):
    model = Artwork
    formset = ArtworkFormSet
    fields = ("preview", "kind", "language", "url", "width", "height", "focal_x", "focal_y", "is_primary")
    readonly_fields = ("preview",)

    @admin.display(description="")
    def preview(self, artwork: Artwork) -> SafeString | str:
        """Cut around the focal point, as pages cut it."""
        if artwork._state.adding or not artwork.url:
            return ""
        place = " ".join(f"{(0.5 if at is None else at) * 100:.0f}%" for at in _focus(artwork))
        return format_html(
            '<img class="preview" src="{}" alt="" loading="lazy" referrerpolicy="no-referrer" '
            'style="object-position: {}">',
            artwork.url,
            place,
        )


def _focus(artwork: Artwork) -> tuple[float | None, float | None]:
    x, y = artwork.focal_x, artwork.focal_y
    return None if x is None else float(x), None if y is None else float(y)


class VideoInline(PartOfTitle):
    model = Video
    fields = ("kind", "title", "url", "language", "duration_seconds", "position")


class MarkerForm(PartForm):
    class Meta:
        model = Marker
        fields = ["kind", "episode", "start_seconds", "end_seconds"]
        help_texts = {"episode": "Empty: of the title itself."}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        start, end = cleaned.get("start_seconds"), cleaned.get("end_seconds")
        if start is not None and end is not None and end <= start:
            self.add_error("end_seconds", "The end is to be after the start.")
        return cleaned


class MarkerInline(OfEpisodeInline):
    model = Marker
    form = MarkerForm
