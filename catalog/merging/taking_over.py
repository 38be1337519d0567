"""What a surviving title takes over of another one: copies of the rows that it lacks.

`PARTS` says for each table what makes two rows the same thing; what the survivor has already it does not lack. Rows
are copied under new ids, because a row does not move between titles (`KeyedByContent`), and so the loser stays whole.

Entry points: `take_over`, `give_back`. Failure: `CollectionRefused`; `django.db.Error`s.
"""

import hashlib
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.apps import apps

from catalog.models import (
    AlternativeTitle,
    Artwork,
    AvailabilityWindow,
    CollectionItem,
    Content,
    Credit,
    Episode,
    EpisodeOrder,
    Marker,
    MaturityRating,
    OfTitle,
    Season,
    Source,
    Translation,
    Video,
)
from catalog.services.collections import items_check
from catalog.terms import TERMS
from streaming.stores.aliases import CATALOG

AT_ONCE = 1000
# Columns of the title itself; the rating goes with the number of its votes.
FILLED = (
    *("original_title", "release_date", "duration_minutes", "summary", "thumbnail_url", "trailer_url"),
    *("rating", "rating_count", "sort_title", "tagline", "original_language", "countries"),
)

Undo = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """A table of a title's rows. `same` says what a row is of, `wanted` whether the survivor may have it at all."""

    model: type[OfTitle]
    same: Callable[[Any], Hashable]
    wanted: Callable[[Any, list[Any]], bool] = lambda row, there: True


def _is_restricted(row: Any, windows: list[Any]) -> bool:
    """A survivor without windows is open everywhere: the loser's would close it."""
    return bool(windows)


def _whole_title_s(row: Any, markers: list[Any]) -> bool:
    return row.episode_id is None and not any(each.episode_id is None for each in markers)


PARTS = (
    Part(AlternativeTitle, lambda row: (row.title, row.country)),
    Part(Translation, lambda row: row.language),
    Part(Credit, lambda row: (row.person_id, row.job)),
    Part(Season, lambda row: row.number),
    Part(Artwork, lambda row: row.url),
    Part(Video, lambda row: row.url),
    Part(AvailabilityWindow, lambda row: (row.territory, row.licence), _is_restricted),
    Part(MaturityRating, lambda row: (row.system, row.country)),
    # By its record an import that is run again knows what it brought, and leaves the copies of it alone.
    Part(Source, lambda row: (row.scheme, row.value)),
    Part(CollectionItem, lambda row: row.collection_id),
    Part(Marker, lambda row: row.pk, _whole_title_s),
)


def take_over(*, loser: Content, survivor: Content) -> Undo:
    """Gives the survivor what it lacks, in the transaction under way; what `give_back` needs to know.

    Raises `CollectionRefused` where a collection that the loser is picked for has no room for the survivor beside it.
    """
    rows: dict[str, dict[str, str]] = {}
    for part in PARTS:
        there, theirs = _rows(part.model, survivor), _rows(part.model, loser)
        known = {part.same(row) for row in there}
        lacking = [row for row in theirs if part.same(row) not in known and part.wanted(row, there)]
        if part.model is CollectionItem:
            items_check(content_id=survivor.content_id, collection_ids=[row.collection_id for row in lacking])
        _note(rows, _copies(lacking, survivor, _primaries(there)))
    _note(rows, _as_another_name(loser, survivor))
    for copies in _episodes(loser, survivor):
        _note(rows, copies)
    return {"rows": rows, "links": _link(loser, survivor), "filled": _fill(loser, survivor)}


def give_back(*, survivor: Content, undo: Undo) -> list[str]:
    """Takes back what `take_over` gave and nobody changed since; what stays, in a sentence each."""
    kept: list[str] = []
    for label, digests in undo["rows"].items():
        model: Any = apps.get_model(label)
        rows = model._base_manager.using(CATALOG).filter(content_id=survivor.content_id, pk__in=list(digests))
        changed = [row for row in rows if _digest(row) != digests[str(row.pk)]]
        kept += [f"{model._meta.verbose_name} “{row}” was changed since" for row in changed]
        gone = set(digests) - {str(row.pk) for row in changed}
        rows.filter(pk__in=list(gone)).delete()
    for name, keys in undo["links"].items():
        getattr(survivor, name).remove(*keys)
    return kept + _empty_again(survivor, undo["filled"])


def _rows(model: type[OfTitle], content: Content) -> list[Any]:
    rows: Any = model._base_manager.using(CATALOG)
    return list(rows.filter(content_id=content.content_id).order_by("pk"))


def _primaries(there: Iterable[Any]) -> set[Hashable]:
    return {(row.kind, row.language) for row in there if getattr(row, "is_primary", False)}


def _copies(rows: Iterable[Any], survivor: Content, primaries: set[Hashable]) -> list[Any]:
    """Of one model; a primary picture stays one only where the survivor has none."""
    copies = [_copy(row, survivor) for row in rows]
    for copy in copies:
        if getattr(copy, "is_primary", False):
            copy.is_primary = (copy.kind, copy.language) not in primaries
    return _added(copies)


def _copy(row: Any, survivor: Content, **changes: Any) -> Any:
    same = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return type(row)(**{**same, "id": uuid4(), "content_id": survivor.content_id, **changes})


def _added(rows: list[Any]) -> list[Any]:
    if rows:
        type(rows[0])._base_manager.using(CATALOG).bulk_create(rows, batch_size=AT_ONCE)
    return rows


def _as_another_name(loser: Content, survivor: Content) -> list[Any]:
    names = {survivor.title, *(row.title for row in _rows(AlternativeTitle, survivor))}
    return [] if loser.title in names else _added([AlternativeTitle(content=survivor, title=loser.title)])


def _episodes(loser: Content, survivor: Content) -> list[list[Any]]:
    """Episodes at places that are free, with their markers, and their places in other orders where those are free."""
    places = {(row.season_number, row.number) for row in _rows(Episode, survivor)}
    free = [row for row in _rows(Episode, loser) if (row.season_number, row.number) not in places]
    copies = _copies(free, survivor, set())
    new_ids: dict[UUID, UUID] = {row.pk: copy.pk for row, copy in zip(free, copies, strict=True)}
    taken = {(row.order, row.season_number, row.number) for row in _rows(EpisodeOrder, survivor)}
    orders = [
        _copy(row, survivor, episode_id=new_ids[row.episode_id])
        for row in _rows(EpisodeOrder, loser)
        if row.episode_id in new_ids and (row.order, row.season_number, row.number) not in taken
    ]
    markers = [
        _copy(row, survivor, episode_id=new_ids[row.episode_id])
        for row in _rows(Marker, loser)
        if row.episode_id in new_ids
    ]
    return [copies, _added(orders), _added(markers)]


def _link(loser: Content, survivor: Content) -> dict[str, list[int]]:
    added = {}
    for name in TERMS:
        has = set(getattr(survivor, name).values_list("pk", flat=True))
        added[name] = sorted(set(getattr(loser, name).values_list("pk", flat=True)) - has)
        getattr(survivor, name).add(*added[name])
    return added


def _fill(loser: Content, survivor: Content) -> dict[str, str]:
    """Fields that the survivor has nothing in, and what was put there."""
    found = {
        name: getattr(loser, name) for name in FILLED if getattr(loser, name) and not getattr(survivor, name)
    }
    if survivor.rating is not None:
        found.pop("rating_count", None)
    if found:
        Content.objects.using(CATALOG).filter(content_id=survivor.content_id).update(**found)
    return {name: str(value) for name, value in found.items()}


def _empty_again(survivor: Content, filled: dict[str, str]) -> list[str]:
    untouched = [name for name, value in filled.items() if str(getattr(survivor, name)) == value]
    empty = {name: _nothing(name) for name in untouched}
    if empty:
        Content.objects.using(CATALOG).filter(content_id=survivor.content_id).update(**empty)
    return [f"{name.replace('_', ' ')} was changed since" for name in filled if name not in untouched]


def _nothing(name: str) -> Any:
    field: Any = Content._meta.get_field(name)
    return None if field.null else field.get_default()


def _note(rows: dict[str, dict[str, str]], copies: Iterable[Any]) -> None:
    for copy in copies:
        rows.setdefault(copy._meta.label_lower, {})[str(copy.pk)] = _digest(copy)


def _digest(row: Any) -> str:
    values = [str(field.to_python(getattr(row, field.attname))) for field in row._meta.concrete_fields]
    return hashlib.sha256("\x00".join(values).encode()).hexdigest()[:16]
