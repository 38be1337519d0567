"""What the pages of shared rows have in common: people, genres, keywords, studios, collections, levels of maturity."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect

from catalog.admin.finding import in_this_order
from catalog.refusing import ChangeRefused
from streaming.api.admin import NUL, StoreAdmin
from streaming.stores.aliases import CATALOG
from streaming.stores.citus.writing import mixed_transaction


class RefusalsTold(StoreAdmin):
    """What a service refused is told on the page, which shows what is there: another has written since the form's
    checks."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ChangeRefused as refused:
            messages.error(request, f"Nothing was saved. {refused}")
            return HttpResponseRedirect(request.path)


class FindingAdmin(StoreAdmin):
    """Searched by a function of `catalog.admin.finding`, and in its order unless a column's head was clicked.

    Of `search_fields` Django only asks whether there are any.
    """

    found: Callable[[str], list[UUID]]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.replace(NUL, "").strip()
        if not term:
            return queryset, False
        keys = self.found(term)
        return (queryset.filter(pk__in=keys) if "o" in request.GET else in_this_order(queryset, keys)), False


class SharedAdmin(RefusalsTold):
    """For the rows that titles share: a subclass names the services that save and delete them.

    Django's views open a transaction and read in it before a service is called. On Citus the service's
    `mixed_transaction` would come too late in there, so theirs is one from the start.
    """

    class Media:
        css = {"all": ("catalog/admin.css",)}

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with mixed_transaction(CATALOG) if request.method == "POST" else nullcontext():
            return super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with mixed_transaction(CATALOG) if request.method == "POST" else nullcontext():
            return super().delete_view(request, *args, **kwargs)

    def save_row(self, row: Any) -> None:
        raise NotImplementedError

    def delete_rows(self, keys: list[Any]) -> None:
        """All or none."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> None:
        if form.has_changed():
            self.save_row(obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_rows([obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.delete_rows(keys_of(queryset))


def keys_of(chosen: QuerySet[Any]) -> list[Any]:
    return list(chosen.order_by().values_list("pk", flat=True))
