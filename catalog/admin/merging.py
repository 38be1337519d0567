"""Two rows that turned out to be one: the pages that merge them and take it back.

An action of the list takes two rows to a page that says what each is and what will happen; a merged row's page says
what it is now, and has a button to undo it. The services open their own transactions: no page of Django's that reads
in one may stand around them.

Entry points: `MergingAdmin`, whose subclasses name their services; `InTheWay`. Failure: `ChangeRefused`, as a message,
and on the page that asked, with the same two rows.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from catalog.admin.comparing import Facts
from catalog.refusing import ChangeRefused
from streaming.api.admin import StoreAdmin, uuid_or_none

DIFFER_ALWAYS = ("Added", "Id")
CONFIRMED = "yes"


class InTheWay(NamedTuple):
    """`refusals` says by its key of a row that the other one cannot become part of it, and why; `question` is what has
    to be confirmed before either does, in sentences. Empty where nothing is in the way.
    """

    refusals: Mapping[UUID, str]
    question: str


class MergingAdmin(StoreAdmin):
    """A subclass says how two rows are merged and how that is undone, and what tells one from another.

    `follows` is what a merge will do, in sentences.
    """

    follows: tuple[str, ...] = ()

    def merge_rows(self, *, loser: UUID, survivor: UUID) -> str:
        """Merges; what was done, in a sentence. Raises `ChangeRefused`."""
        raise NotImplementedError

    def merge_confirmed(self, *, loser: UUID, survivor: UUID) -> str:
        """The same when what `in_the_way` asks was confirmed."""
        return self.merge_rows(loser=loser, survivor=survivor)

    def undo_merge(self, key: UUID) -> Sequence[str]:
        """Takes a merge back; what could not be taken back, in sentences. Raises `ChangeRefused`."""
        raise NotImplementedError

    def is_merged(self, row: Any) -> bool:
        """Without a query: it is asked several times a page."""
        raise NotImplementedError

    def merged_into(self, row: Any) -> UUID | None:
        """What a merged row is part of now."""
        raise NotImplementedError

    def unmerged(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        raise NotImplementedError

    def facts_of(self, rows: Sequence[Any]) -> Facts:
        """In a fixed number of queries."""
        raise NotImplementedError

    def in_the_way(self, rows: Sequence[Any]) -> InTheWay:
        return InTheWay({}, "")

    def get_urls(self) -> Any:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        pages = [
            path("merge/", self.admin_site.admin_view(self.merge_view), name=f"{name}_merge"),
            path(
                "<uuid:object_id>/unmerge/",
                self.admin_site.admin_view(require_POST(self.unmerge_view)),
                name=f"{name}_unmerge",
            ),
        ]
        return [*pages, *super().get_urls()]

    @admin.action(description="Merge the two selected %(verbose_name_plural)s", permissions=["change"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        keys = list(queryset.order_by().values_list("pk", flat=True)[:3])
        if len(keys) != 2:
            self.message_user(request, "Select two: one becomes part of the other.", messages.WARNING)
            return None
        return HttpResponseRedirect(f"{self._address('merge')}?rows={keys[0]},{keys[1]}")

    def merge_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        keys = [uuid_or_none(text) for text in request.GET.get("rows", "").split(",")]
        found = self.get_queryset(request).in_bulk([key for key in keys if key is not None])
        rows = [found[key] for key in keys if key in found]
        if len(rows) != 2:
            self.message_user(request, "Those are not two rows that are there.", messages.ERROR)
            return HttpResponseRedirect(self._address("changelist"))
        if request.method != "POST":
            return self._question(request, rows)
        chosen = request.POST.get("survivor")
        if chosen not in [str(row.pk) for row in rows]:
            return self._question(request, rows, refused="Say which one stays.")
        loser, survivor = sorted(rows, key=lambda row: str(row.pk) == chosen)
        return self._merged(request, rows, loser, survivor)

    def _merged(self, request: HttpRequest, rows: Sequence[Any], loser: Any, survivor: Any) -> HttpResponse:
        merge = self.merge_confirmed if request.POST.get("confirmed") == CONFIRMED else self.merge_rows
        try:
            done = merge(loser=loser.pk, survivor=survivor.pk)
        except ChangeRefused as refused:
            return self._question(request, rows, refused=str(refused))
        self.log_change(request, loser, f"Merged into {survivor} ({survivor.pk}).")
        self.log_change(request, survivor, f"Took over {loser} ({loser.pk}).")
        self.message_user(request, f"“{loser}” is part of “{survivor}” now. {done}", messages.SUCCESS)
        return HttpResponseRedirect(self._address("change", survivor.pk))

    def _question(self, request: HttpRequest, rows: Sequence[Any], *, refused: str = "") -> HttpResponse:
        """The page, filled in as it was sent where that was refused."""
        found = self.in_the_way(rows)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Merge two {self.opts.verbose_name_plural}",
            "opts": self.opts,
            "rows": rows,
            "facts": [(name, values, _differ(name, values)) for name, values in self.facts_of(rows)],
            "choices": [(row, str(row.pk), found.refusals.get(row.pk)) for row in rows],
            "chosen": request.POST.get("survivor"),
            "question": found.question,
            "confirmed": CONFIRMED,
            "is_confirmed": request.POST.get("confirmed") == CONFIRMED,
            "follows": self.follows,
            "refused": refused,
        }
        return TemplateResponse(request, "catalog/admin/merge.html", context)

    def unmerge_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        if not self.may_merge(request):
            raise PermissionDenied
        try:
            left = self.undo_merge(object_id)
        except ChangeRefused as refused:
            self.message_user(request, f"Nothing was undone. {refused}", messages.ERROR)
        else:
            row = self.get_queryset(request).get(pk=object_id)
            self.log_change(request, row, "Undid the merge.")
            told = f" Left as it is: {'; '.join(left)}." if left else ""
            self.message_user(
                request, f"“{row}” is by itself again.{told}", messages.WARNING if left else messages.SUCCESS
            )
        return HttpResponseRedirect(self._address("change", object_id))

    def may_merge(self, request: HttpRequest) -> bool:
        return super().has_change_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A merged row is looked at, not edited: nobody would see what was typed."""
        return super().has_change_permission(request, obj) and (obj is None or not self.is_merged(obj))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = context["original"]
        if row is not None and self.is_merged(row):
            into = self.merged_into(row)
            context["merged_into"] = self.get_queryset(request).filter(pk=into).first()
            context["survivor_address"] = self._address("change", into)
            context["unmerge_address"] = self._address("unmerge", row.pk) if self.may_merge(request) else None
        return super().render_change_form(request, context, *args, **kwargs)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A list shows merged rows, too; they are not to be chosen any more."""
        match = request.resolver_match
        chosen = match is not None and match.url_name == "autocomplete"
        return super().get_search_results(
            request, self.unmerged(queryset) if chosen else queryset, search_term
        )

    def _address(self, page: str, *keys: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=keys)


def _differ(name: str, values: Sequence[Any]) -> bool:
    """Whether both are known and not the same, which says something of what the two rows are."""
    return name not in DIFFER_ALWAYS and all(values) and values[0] != values[1]
