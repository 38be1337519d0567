"""A series' seasons and episodes, and where those stand in other orders.

An episode is named by its place, as in `S02E05` or `2x5`: a list of three hundred to choose from, once in each row of
another table, would be megabytes.
"""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.http import HttpRequest

from catalog.admin.choosing import Known, KnownChoiceField, PartForm, PartFormSet
from catalog.admin.rows import PartOfTitle
from catalog.models import Content, Episode, EpisodeOrder, Season

PLACE = re.compile(r"\s*(?:S\s*(\d{1,5})\s*E|(\d{1,5})\s*x)\s*(\d{1,5})\s*", re.IGNORECASE)


class EpisodeField(KnownChoiceField):
    """One of the title's episodes, typed as its place."""

    widget = forms.TextInput(attrs={"class": "vTextField place", "placeholder": "S01E01"})
    default_error_messages = {
        "invalid_choice": "This title has no such episode: type its season and number as in S02E05."
    }

    def prepare_value(self, value: Any) -> Any:
        episode = self.known.get(value) if isinstance(value, UUID) else value
        return _place(episode) if isinstance(episode, Episode) else episode

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (self.prepare_value(initial) or "") != (data or "")

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        place = _place_in(str(value))
        for episode in self.known.values():
            if isinstance(episode, Episode) and (episode.season_number, episode.number) == place:
                return episode
        raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")

    def validate(self, value: Any) -> None:
        forms.Field.validate(self, value)


def _place(episode: Episode) -> str:
    return _spelled(episode.season_number, episode.number)


def _spelled(season: int, number: int) -> str:
    return f"S{season:02}E{number:02}"


def _place_in(typed: str) -> tuple[int, int] | None:
    match = PLACE.fullmatch(typed)
    return (int(match[1] or match[2]), int(match[3])) if match else None


class OfEpisodeFormSet(PartFormSet):
    """Rows that belong to one of the title's episodes."""

    def _look_up(self, field_name: str) -> Known:
        """The episodes that the rows have, and those whose places are posted."""
        chosen = {row.episode_id for row in self.get_queryset()} - {None}
        places = self._places_posted(field_name) if self.is_bound else set()
        wanted = Q(pk__in=chosen)
        if places:
            seasons, numbers = (set(each) for each in zip(*places, strict=True))
            wanted |= Q(season_number__in=seasons, number__in=numbers)
        found = Episode.objects.filter(wanted, content=self.instance) if chosen or places else ()
        return {
            episode.pk: episode
            for episode in found
            if episode.pk in chosen or (episode.season_number, episode.number) in places
        }

    def _places_posted(self, field_name: str) -> set[tuple[int, int]]:
        names = (f"{self.add_prefix(index)}-{field_name}" for index in range(self.total_form_count()))
        return {place for name in names if (place := _place_in(self.data.get(name, "")))}


class OfEpisodeInline(PartOfTitle):
    formset = OfEpisodeFormSet

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        if db_field.name == "episode":
            return db_field.formfield(form_class=EpisodeField)
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class SeasonFormSet(PartFormSet):
    """A season that has episodes keeps its number: they carry it."""

    def clean(self) -> None:
        super().clean()
        kept = {form.instance.number for form in self.kept}
        lost = {form.initial["number"] for form in self.initial_forms} - kept
        if not lost:
            return
        episodes = Episode.objects.filter(content=self.instance, season_number__in=lost).order_by()
        numbers = sorted(episodes.values_list("season_number", flat=True).distinct())
        if numbers:
            named = ", ".join(map(str, numbers))
            raise ValidationError(
                f"Season {named} has episodes. Move or delete those first, and save.", code="has_episodes"
            )


class SeasonInline(PartOfTitle):
    model = Season
    formset = SeasonFormSet
    fields = ("number", "title", "summary")


class EpisodeForm(PartForm):
    class Meta:
        model = Episode
        fields = [
            "season_number",
            "number",
            "absolute_number",
            "title",
            "air_date",
            "runtime_minutes",
            "kind",
            "production_code",
            "summary",
        ]
        labels = {
            "season_number": "Season",
            "absolute_number": "Of all",
            "runtime_minutes": "Minutes",
            "production_code": "Code",
        }
        widgets = {"production_code": forms.TextInput(attrs={"class": "vTextField short"})}


class EpisodeFormSet(PartFormSet):
    def heads(self) -> list[str]:
        """The first place of each run; one query, of two numbers for each episode."""
        places = list(self.rows.values_list("season_number", "number"))
        return [_spelled(*place) for place in places[:: self.shown]]


def seasons_brought(content: Content, formsets: Sequence[Any]) -> list[int]:
    """Numbers of the seasons that episodes bring along. To be asked before all is saved; one query where an episode is
    new or has changed its season."""
    episodes = [form for each in formsets if isinstance(each, EpisodeFormSet) for form in each.kept]
    seasons = {
        form.instance.number for each in formsets if isinstance(each, SeasonFormSet) for form in each.kept
    }
    moved = {form.instance.season_number for form in episodes if "season_number" in form.changed_data}
    unseen = moved - seasons
    if not unseen:
        return []
    there = Season.objects.filter(content=content, number__in=unseen).values_list("number", flat=True)
    return sorted(unseen.difference(there))


class EpisodeInline(PartOfTitle):
    model = Episode
    form = EpisodeForm
    formset = EpisodeFormSet


class EpisodeOrderInline(OfEpisodeInline):
    model = EpisodeOrder
    fields = ("order", "season_number", "number", "episode")
    verbose_name_plural = "places in other orders"
