"""The pages of one title. Each has the tables of one concern: none is long, none loads what it does not show.

The first page has the title's own fields. All are views of one admin class with one form: they share the version that
keeps two editors from overwriting each other. Entry points: `SECTIONS`, `section_of`.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from catalog.admin.credits import CreditInline
from catalog.admin.episodes import EpisodeInline, EpisodeOrderInline, SeasonInline
from catalog.admin.media import ArtworkInline, MarkerInline, VideoInline
from catalog.admin.registry import CollectionItemInline, ExternalIdInline, SourceInline
from catalog.admin.rights import MaturityRatingInline, WindowInline
from catalog.admin.texts import AlternativeTitleInline, TranslationInline


@dataclass(frozen=True)
class Section:
    """A page of a title: its place in the address, its name, its tables."""

    slug: str
    name: str
    inlines: tuple[type[Any], ...]


FIRST = Section("", "Title", ())
SECTIONS = (
    Section("credits", "Credits", (CreditInline,)),
    Section("episodes", "Seasons and episodes", (SeasonInline, EpisodeInline, EpisodeOrderInline)),
    Section("texts", "Languages", (TranslationInline, AlternativeTitleInline)),
    Section("media", "Artwork and videos", (ArtworkInline, VideoInline, MarkerInline)),
    Section("rights", "Rights", (WindowInline, MaturityRatingInline)),
    Section("registry", "Registries", (ExternalIdInline, CollectionItemInline, SourceInline)),
)
# What an editor who adds a title has at hand; the rest is a click away once there is a title.
WHEN_ADDED = (CreditInline, SeasonInline)
BY_SLUG = {section.slug: section for section in (FIRST, *SECTIONS)}


def section_of(request: HttpRequest) -> Section:
    match = request.resolver_match
    return BY_SLUG[match.kwargs.get("section", "") if match else ""]
