"""The pages of genres, keywords and studios."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from catalog import services
from catalog.admin.shared import SharedAdmin
from catalog.models import Content, Genre, Keyword, Studio


class TermAdmin(SharedAdmin):
    """`linked` is the field of a title that leads to the term."""

    linked = ""
    list_display = ("name",)
    search_fields = ("name",)
    search_help_text = "Part of the name."

    def save_row(self, row: Any) -> None:
        services.term_save(term=row)

    def delete_rows(self, keys: list[int]) -> None:
        services.terms_delete(model=self.model, keys=keys)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Its titles are counted, not listed: there may be thousands."""
        terms = list(objs)
        titles = Content.objects.filter(**{f"{self.linked}__in": terms}).count()
        named = str(self.opts.verbose_name_plural)
        return list(map(str, terms)), {named: len(terms), "titles that lose it": titles}, set(), []


@admin.register(Genre)
class GenreAdmin(TermAdmin):
    linked = "genres"


@admin.register(Keyword)
class KeywordAdmin(TermAdmin):
    linked = "keywords"


@admin.register(Studio)
class StudioAdmin(TermAdmin):
    linked = "studios"
