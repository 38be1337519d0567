"""What tells an editor whether two titles, or two people, are the same: facts side by side.

Entry points: `titles_compared`, `people_compared`, each a fixed number of queries. Failure: `django.db.Error`s.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Value
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.languages import shortened
from catalog.models import (
    AlternativeTitle,
    AvailabilityWindow,
    Content,
    Credit,
    Episode,
    ExternalId,
    Person,
    Season,
    Source,
    Translation,
)
from catalog.selectors import credits_of_people
from catalog.visibility import Audience, is_public
from streaming.stores.units import counted

Facts = Sequence[tuple[str, Sequence[Any]]]  # the name of a fact, and its value for each of the rows
CREDITS_SHOWN = 6
NAMES_SHOWN = 8
SUMMARY_SHOWN = 300  # characters
COUNTED: Mapping[str, type[Any]] = {
    "credits": Credit,
    "seasons": Season,
    "episodes": Episode,
    "windows": AvailabilityWindow,
}


def titles_compared(rows: Sequence[Content]) -> Facts:
    ids = [row.content_id for row in rows]
    count, now = _counts(ids), Audience.now()
    names, known, read = _other_names(ids), _external_ids(ids), _sources(ids)
    credits = [_first_credits(Credit.objects.filter(content=key)) for key in ids]  # of two
    return [
        ("Title", [row.title for row in rows]),
        ("Original title", [row.original_title for row in rows]),
        ("Also named", [_listed(names[key], NAMES_SHOWN) for key in ids]),
        ("Type", [row.get_content_type_display() for row in rows]),
        ("Released", [row.release_date and row.release_date.isoformat() for row in rows]),
        ("Minutes", [row.duration_minutes for row in rows]),
        ("Countries", [", ".join(row.countries) for row in rows]),
        ("Summary", [shortened(row.summary, SUMMARY_SHOWN) for row in rows]),
        ("Credits", [_counted(count[key]["credits"], credits[at]) for at, key in enumerate(ids)]),
        ("Seasons, episodes", [f"{count[key]['seasons']}, {count[key]['episodes']}" for key in ids]),
        ("External ids", [", ".join(known[key]) for key in ids]),
        ("Imported from", [", ".join(read[key]) for key in ids]),
        ("Status", [row.get_status_display() for row in rows]),
        ("Public now", ["yes" if is_public(vars(row), now) else "no" for row in rows]),
        ("Windows", [str(count[key]["windows"] or "none: no licence restricts it") for key in ids]),
        (
            "Rating",
            [
                None if row.rating is None else f"{row.rating}, {counted(row.rating_count, 'vote')}"
                for row in rows
            ],
        ),
        ("Views in 30 days", [f"{row.recent_views:,}" for row in rows]),
        ("Added", [f"{row.created_at:%Y-%m-%d}" for row in rows]),
        ("Id", ids),
    ]


def people_compared(rows: Sequence[Person]) -> Facts:
    ids = [row.person_id for row in rows]
    credited = Credit.objects.filter(person__in=ids).order_by()
    count = dict(credited.values_list("person_id").annotate(number=Count("*")))
    printed = _grouped(credited.exclude(credited_as="").values_list("person_id", "credited_as").distinct())
    merged = _grouped(Person.objects.filter(merged_into__in=ids).values_list("merged_into_id", "name"))
    newest = [credits_of_people(person_ids=[key], limit=CREDITS_SHOWN) for key in ids]  # of two
    both = _listed(_titles_of_both(*ids), NAMES_SHOWN) or "no title"
    return [
        ("Name", [row.name for row in rows]),
        ("Best known for", [row.role for row in rows]),
        ("Born", [row.date_of_birth and row.date_of_birth.isoformat() for row in rows]),
        ("Died", [row.date_of_death and row.date_of_death.isoformat() for row in rows]),
        ("Biography", [shortened(row.biography, SUMMARY_SHOWN) for row in rows]),
        ("Credited as", [_listed(printed[key], NAMES_SHOWN) for key in ids]),
        (
            "Credits",
            [
                _counted(count.get(key, 0), list(map(credit_line, some)), "newest")
                for key, some in zip(ids, newest, strict=True)
            ],
        ),
        ("Both are on", [both, both]),
        ("Merged into them", [_listed(merged[key], NAMES_SHOWN) for key in ids]),
        ("Is merged itself", ["yes" if row.merged_into_id else "" for row in rows]),
        ("Id", ids),
    ]


def credit_line(credit: Credit) -> SafeString:
    """A credit of a person: the title, with its year and its page, and what they did on it."""
    title = credit.content
    year = f" ({title.release_date.year})" if title.release_date else ""
    character = f" as {credit.character_name}" if credit.character_name else ""
    address = reverse("admin:catalog_content_change", args=[title.content_id])
    return format_html('<a href="{}">{}</a>{}: {}{}', address, title.title, year, credit.job, character)


def _counts(ids: Sequence[UUID]) -> Mapping[UUID, Mapping[str, int]]:
    """How many rows of each table of `COUNTED` these titles have, in one statement."""
    each = [
        model._default_manager.filter(content_id__in=ids)
        .order_by()
        .values("content_id")
        .annotate(table=Value(name), number=Count("*"))
        .values_list("content_id", "table", "number")
        for name, model in COUNTED.items()
    ]
    found = {key: dict.fromkeys(COUNTED, 0) for key in ids}
    for content_id, name, number in each[0].union(*each[1:], all=True):
        found[content_id][name] = number
    return found


def _other_names(ids: Sequence[UUID]) -> Mapping[UUID, list[str]]:
    others = AlternativeTitle.objects.filter(content_id__in=ids).order_by().values_list("content_id", "title")
    spoken = Translation.objects.filter(~Q(title=""), content_id__in=ids).order_by()
    return _grouped(others.union(spoken.values_list("content_id", "title")))


def _external_ids(ids: Sequence[UUID]) -> Mapping[UUID, list[str]]:
    rows = ExternalId.objects.filter(content_id__in=ids)
    return _grouped((row.content_id, str(row)) for row in rows)


def _sources(ids: Sequence[UUID]) -> Mapping[UUID, list[str]]:
    rows = Source.objects.filter(content_id__in=ids).values_list("content_id", "scheme", "value")
    return _grouped((content_id, f"{scheme} {value}") for content_id, scheme, value in rows)


def _first_credits(credits: QuerySet[Credit]) -> list[str]:
    first = credits.select_related("person").order_by("billing_order", "id")[:CREDITS_SHOWN]
    return [f"{credit.person.name} ({credit.job})" for credit in first]


def _titles_of_both(one: UUID, other: UUID) -> list[str]:
    """On Citus each shard finds its own: a title's credits lie together."""
    theirs = Credit.objects.filter(person=other).order_by().values("content_id")
    both = Credit.objects.filter(person=one, content_id__in=theirs).order_by()
    return list(both.values_list("content__title", flat=True).distinct()[: NAMES_SHOWN + 1])


def _grouped(pairs: Iterable[tuple[Any, str]]) -> Mapping[UUID, list[str]]:
    found: defaultdict[UUID, list[str]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return defaultdict(list, {key: sorted(values) for key, values in found.items()})


def _listed(names: Sequence[str], most: int) -> str:
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


def _counted(number: int, shown: Sequence[Any], which: str = "first") -> SafeString | str:
    """The number, and those that are shown beneath one another: all, or as many of the first, which is said then."""
    if not number:
        return "0"
    lines = format_html_join("", "<li>{}</li>", ((each,) for each in shown))
    some = f", the {which} {len(shown)}:" if len(shown) < number else ""
    return format_html("{}{}<ul>{}</ul>", number, some, lines)
