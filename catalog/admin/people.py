"""The pages of people."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog import services
from catalog.admin.comparing import Facts, credit_line, people_compared
from catalog.admin.finding import people_found
from catalog.admin.merging import MergingAdmin
from catalog.admin.shared import FindingAdmin, SharedAdmin
from catalog.merging import people_merge, person_unmerge
from catalog.models import Credit, Person
from catalog.selectors import credits_of_people
from streaming.stores.units import counted

MOST_CREDITS_SHOWN = 200


@admin.register(Person)
class PersonAdmin(MergingAdmin, FindingAdmin, SharedAdmin):
    change_form_template = "catalog/admin/merging.html"
    actions = ("merge",)
    follows = (
        "The one that stays keeps all that is known of them; what is empty is filled from the other one.",
        "All credits of the other one become theirs, with the other one's name as the one printed where it is another. "
        "The same job and character on one title is there once.",
        "The other one's address in the API leads to the one that stays; no credit can be given to them any more.",
    )
    found = staticmethod(people_found)
    list_display = ("name", "role", "date_of_birth", "date_of_death", "merged")
    search_fields = ("name",)
    search_help_text = "Words of the name; the last one may be unfinished."
    readonly_fields = ("credits",)
    fields = ("name", "role", ("date_of_birth", "date_of_death"), "biography", "credits")

    @admin.display(description="merged")
    def merged(self, person: Person) -> str | None:
        return "merged" if self.is_merged(person) else None

    @admin.display(description="credits")
    def credits(self, person: Person) -> SafeString | str:
        count = 0 if person._state.adding else Credit.objects.filter(person=person).count()
        if not count:
            return self.get_empty_value_display()
        shown = credits_of_people(person_ids=[person.person_id], limit=MOST_CREDITS_SHOWN)
        more = f" The {len(shown)} newest:" if len(shown) < count else ""
        return format_html("{}.{}<ul>{}</ul>", counted(count, "credit"), more, _credit_items(shown))

    def merge_rows(self, *, loser: UUID, survivor: UUID) -> str:
        moved = people_merge(loser_id=loser, survivor_id=survivor)
        return f"{counted(moved, 'credit')} moved."

    def undo_merge(self, key: UUID) -> Sequence[str]:
        return person_unmerge(person_id=key)

    def is_merged(self, row: Person) -> bool:
        return row.merged_into_id is not None

    def merged_into(self, row: Person) -> UUID | None:
        return row.merged_into_id

    def unmerged(self, rows: QuerySet[Person]) -> QuerySet[Person]:
        return rows.filter(merged_into=None)

    def facts_of(self, rows: Sequence[Person]) -> Facts:
        return people_compared(rows)

    def save_row(self, row: Person) -> None:
        services.person_save(person=row)

    def delete_rows(self, keys: list[UUID]) -> None:
        services.people_delete(person_ids=keys)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Credits keep their people from being deleted: named by their titles, so that an editor can go there."""
        people = list(objs)
        credited = credits_of_people(
            person_ids=[person.person_id for person in people], limit=MOST_CREDITS_SHOWN
        )
        return list(map(str, people)), {"people": len(people)}, set(), [credit_line(c) for c in credited]


def _credit_items(credits: list[Credit]) -> SafeString:
    return format_html_join("", "<li>{}</li>", ((credit_line(credit),) for credit in credits))
